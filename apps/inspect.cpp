// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "io/h5/library.hpp"
#include "io/partition/partition.hpp"
#include "io/prediction/prediction_file.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/kinds/network/predictor.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

namespace {

void print_columns(const char* title, const std::vector<Column>& columns) {
  std::cout << title << '\n';
  for (const Column& column : columns) {
    std::cout << fmt::format("  {:<24}", column.name);
    if (!column.unit.empty()) std::cout << " [" << column.unit << ']';
    if (column.is_category()) {
      std::cout << " levels: " << join(column.levels);
      if (column.reference) std::cout << "; reference: " << column.levels[*column.reference];
    }
    if (!column.categories.empty()) std::cout << " codes: " << join(column.categories);
    if (column.minimum || column.maximum)
      std::cout << fmt::format(" {}..{}", column.minimum ? round_trip(*column.minimum) : "",
                               column.maximum ? round_trip(*column.maximum) : "");
    if (column.missing) std::cout << " may be missing";
    if (!column.description.empty()) std::cout << "  " << printable(column.description);
    std::cout << '\n';
  }
}

void print_manifest(const PartitionManifest& manifest) {
  std::cout << fmt::format(
      "partition    {} of {}, format version {}\ncreated      {}\nrows         {} in {} blocks of "
      "{}\n",
      manifest.name, manifest.owner, manifest.version, manifest.created,
      with_thousands(static_cast<long long>(manifest.rows)), manifest.blocks(),
      manifest.block_rows);
  std::cout << fmt::format("precision    {}\nroot         {}\n", manifest.precision,
                           manifest.root.hex());
  print_columns("features", manifest.schema.features);
  print_columns("targets", manifest.schema.targets);
  const Schema& schema = manifest.schema;
  for (const auto& [has, what] : {std::pair{schema.has_weights, "weights      of rows\n"},
                                  {schema.has_ids, "ids          what the owner calls each row\n"},
                                  {schema.has_units, "units        whom each row is about\n"}})
    if (has) std::cout << what;
  if (!manifest.schema.splits.empty())
    std::cout << "splits       " << join(manifest.schema.splits) << '\n';
}

void print_network(const SavedModel& model) {
  const Architecture architecture = architecture_of(model);
  for (const EmbeddedCategory& category : model.embeddings)
    std::cout << fmt::format("embedding    {}: {} levels, {} numbers each\n", category.name,
                             category.levels, category.dimension);
  const auto& layers = architecture.layers();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::cout << fmt::format("{:<12} {} -> {}", i + 1 < layers.size() ? "layer" : "output",
                             layers[i].inputs, layers[i].units);
    if (i + 1 < layers.size()) {
      if (layers[i].layer_norm) std::cout << ", layer norm";
      std::cout << ", " << to_word(model.config.mlp.layers[i].activation);
      if (layers[i].dropout > 0) std::cout << ", dropout " << round_trip(layers[i].dropout);
    }
    std::cout << '\n';
  }
  std::cout << fmt::format("parameters   {}\n",
                           with_thousands(static_cast<long long>(model.parameters.size())));
}

void print_coefficients(const SavedModel& model) {
  const std::vector<std::string> names = kind_of(model.config).coefficient_names(model);
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    std::cout << fmt::format(
        "  {:<28} {:>24}", names.at(i),
        round_trip(model.coefficients.empty() ? model.parameters[i] : model.coefficients[i]));
    if (!model.standard_errors.empty())
      std::cout << fmt::format("  se {}", round_trip(model.standard_errors[i]));
    std::cout << '\n';
  }
  if (model.coefficients.empty()) std::cout << "(parameters of the standardised columns)\n";
}

void print_model(const std::string& path) {
  Digest content;
  const io::Checkpoint checkpoint = io::read_checkpoint(path, &content);
  const SavedModel model = model_from_checkpoint(checkpoint, path);
  std::cout << fmt::format("model        {}\n", checkpoint.attributes.at("model"));
  const bool network = model.config.kind->network;
  std::cout << fmt::format("digest       {}\niteration    {}{}\nrows         {}\n{:<12} {}\n",
                           content.hex(), model.iteration, model.converged ? ", converged" : "",
                           round_trip(model.rows), network ? "loss" : "log-lik.",
                           round_trip(network ? -model.log_likelihood : model.log_likelihood));
  if (const std::string missing = missing_values_text(model); !missing.empty())
    std::cout << missing << '\n';
  if (network)
    print_network(model);
  else
    print_coefficients(model);
}

void print_predictions(const io::PredictionLayout& layout) {
  std::cout << fmt::format("predictions  of {} rows{}\ncolumns      {}\n",
                           with_thousands(static_cast<long long>(layout.rows)),
                           layout.id_bytes > 0 ? ", with their ids" : "", join(layout.columns));
  if (!layout.splits.empty()) std::cout << "splits       " << join(layout.splits) << '\n';
}

/// A whole JSON text that is no envelope: a report, or a line of an access log.
bool is_unsigned_json(std::string_view text) {
  return Json::accept(text) && !parse_json(text, "").contains("payloadType");
}

void print_envelope(const std::string& line, const std::string& what) {
  const Envelope envelope = envelope_from_json(line, what, ExitCode::data);
  std::cout << "type         " << printable(envelope.payload_type) << '\n';
  for (const auto& signature : envelope.signatures)
    std::cout << "signed by    " << printable(signature.key_id) << ", not verified\n";
  const Json payload = parse_document(envelope.payload, what);
  if (envelope.payload_type == partition_manifest_type) {
    print_manifest(manifest_from_json(payload, what));
  } else {
    std::cout << payload.dump(2) << '\n';
  }
}

}  // namespace

int command_inspect(const Arguments& arguments) {
  Options options("inspect FILE",
                  "Shows what a partition, manifest, policy, model, checkpoint, lineage or HDF5 "
                  "file of predictions\nsays. Of a partition "
                  "only its manifest is opened. Signatures are not verified here: see `verify`.",
                  "docs/artefacts.md");
  if (!options.parse(arguments.words)) return 0;
  const std::string path = options.text("FILE");

  if (io::is_hdf5(path)) {
    const std::string manifest = io::manifest_path(path);
    if (std::filesystem::exists(manifest)) {
      print_envelope(read_file(manifest, document::manifest), manifest);
    } else if (const auto layout = io::read_prediction_layout(path)) {
      print_predictions(*layout);
    } else {
      print_model(path);
    }
    return 0;
  }
  const std::string text = read_file(path, document::lineage);  // of all kinds the longest
  const char* const shown =
      "partitions, models and checkpoints (HDF5), and manifests, policies, site files and lineages "
      "(signed JSON)";
  if (!text.starts_with('{'))
    throw Error(ExitCode::data, "{}: is none of what inspect shows: {}", path, shown);
  if (is_unsigned_json(text) || is_unsigned_json(text.substr(0, text.find('\n'))))
    throw Error(ExitCode::data,
                "{}: is JSON that is not signed, to be read as it is; inspect shows {}", path,
                shown);
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    print_envelope(text.substr(begin, end - begin), fmt::format("{}:{}", path, line + 1));
    begin = end + 1;
  }
  return 0;
}

}  // namespace bailiwick
