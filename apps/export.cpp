// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/export/formats.hpp"
#include "lib/onnx/c_header.hpp"
#include "lib/onnx/model.hpp"
#include "lib/onnx/safetensors.hpp"

namespace bailiwick {

namespace {

/// `name` in the folder may be made anew; any other file must not be there.
void write_export(const RunToExport& run, const Options& options, const char* name,
                  const std::string& text) {
  std::string path = run.folder + "/" + name;
  if (options.has("output")) {
    path = options.text("output");
    if (is_taken(path)) throw Error(ExitCode::data, "{}: exists; name another file", path);
  }
  write_file_atomically(path, text);
  std::cout << "written  " << path << '\n';
}

License license_asked(const Options& options) {
  return options.has("license") ? license_from(options.text("license")) : License();
}

void export_crate(const RunToExport& run, const Options& options) {
  const License license = license_asked(options);
  if (license.text.empty())
    throw Error(ExitCode::usage,
                "run-crate: a crate names its licence: --license LICENSE, such as CC-BY-4.0; "
                "whether the results may be given away at all the owners' policies say "
                "(bailiwick policy show)");
  const Json crate = run_crate(run, license);
  if (!options.has("output")) return write_export(run, options, crate_name, crate.dump(2) + "\n");
  const std::string to = options.text("output");
  copy_crate(run, crate, to);
  write_file_atomically(to + "/" + crate_name, crate.dump(2) + "\n");  // last: now it is whole
  std::cout << "written  " << to << '\n';
}

void export_card(const RunToExport& run, const Options& options) {
  write_export(run, options, card_name, model_card(run, license_asked(options)));
}

void export_prov(const RunToExport& run, const Options& options) {
  write_export(run, options, prov_name, prov_document(run));
}

void export_data_card(const RunToExport& run, const Options& options) {
  const auto text = [&](const char* name) {
    return options.has(name) ? options.text(name) : std::string();
  };
  const DataCard card = croissant(run, {text("domain"), options.list("partitions"),
                                        license_asked(options), text("creator"), text("url")});
  write_export(run, options, card.name.c_str(), card.text);
}

void export_bom(const RunToExport& run, const Options& options) {
  write_export(run, options, bom_name, cyclonedx(run, license_asked(options)));
}

void export_signature(const RunToExport& run, const Options& options) {
  if (!options.has("sign-with"))
    throw Error(ExitCode::usage, "model-signature: name the key to sign with: --sign-with KEY.pem");
  const PrivateKey key = PrivateKey::load(options.text("sign-with"));
  const RunFile model = run.model();
  if (const auto withdrawal = run.withdrawal())
    throw Error(ExitCode::policy, "{}: is not signed again: it was {}", model.path,
                withdrawn_words(*withdrawal));
  write_export(run, options, signature_name, model_signature(model, key));
  std::cout << fmt::format("of       {}\nby       {}\n", model.path, key.public_key().id());
}

std::vector<double> survival_times(const Options& options) {
  std::vector<double> times;
  for (const std::string& text : options.list("survival-at")) {
    const auto time = parse_number(text);
    if (!time || !(*time > 0))
      throw Error(ExitCode::usage, "--survival-at: \"{}\" is no time", text);
    times.push_back(*time);
  }
  return times;
}

void export_onnx(const RunToExport& run, const Options& options) {
  write_export(run, options, onnx_name,
               onnx_file(open_scoring_model(run), survival_times(options)));
}

void export_c(const RunToExport& run, const Options& options) {
  write_export(run, options, c_header_name,
               c_header(open_scoring_model(run), survival_times(options)));
}

void export_safetensors(const RunToExport& run, const Options& options) {
  write_export(run, options, safetensors_name, safetensors_file(open_scoring_model(run)));
}

struct Format {
  const char* name;
  void (*write)(const RunToExport& run, const Options& options);
};
constexpr Format all_formats[] = {{"run-crate", export_crate},
                                  {"model-signature", export_signature},
                                  {"model-card", export_card},
                                  {"prov", export_prov},
                                  {"croissant", export_data_card},
                                  {"cyclonedx", export_bom},
                                  {"onnx", export_onnx},
                                  {"c", export_c},
                                  {"safetensors", export_safetensors}};

}  // namespace

int command_export(const Arguments& arguments) {
  Options options(
      "export FOLDER [options]",
      "Describes what lies in a run's output folder in formats that others read. FOLDER "
      "must hold\nas it was signed. What stays with the domains is left out.",
      "docs/export.md");
  options.add()("format", po::value<std::string>()->required(),
                "run-crate (RO-Crate of the run), model-signature (OpenSSF, of model.h5), "
                "model-card (Markdown), prov (PROV-JSON of the run), croissant (of a domain's "
                "data), cyclonedx (bill of materials of the model), onnx (the model, to score rows "
                "elsewhere), c (the same as one header in C99) or safetensors (its numbers)");
  options.add()("output", po::value<std::string>(),
                "file to write to, of a run-crate the folder to copy to; else into FOLDER");
  options.add()("license", po::value<std::string>(),
                "licence of what is given away: an identifier or expression of SPDX, or a URL; a "
                "run-crate needs one");
  options.add()("sign-with", po::value<std::string>(), "private key (PEM) of a model-signature");
  options.add()("domain", po::value<std::string>(), "whose data a croissant describes");
  options.add()("partitions", po::value<std::vector<std::string>>(),
                "folder that holds the partitions of a croissant, at any depth; may be given "
                "again");
  options.add()("creator", po::value<std::string>(),
                "who made the data of a croissant; else the domain's name");
  options.add()("url", po::value<std::string>(), "where a croissant's data are described");
  options.add()("survival-at", po::value<std::vector<std::string>>(),
                "time at which the onnx or c of a Cox model tells survival; may be given again");
  options.add()("key", po::value<std::vector<std::string>>(),
                "public key (PEM) that must have signed; without, signatures are not checked");
  if (!options.parse(arguments.words)) return 0;

  const std::string format = options.text("format");
  std::vector<std::string> names;
  for (const Format& known : all_formats)
    names.emplace_back(known.name);
  const auto found = std::ranges::find(names, format);
  if (found == names.end())
    throw Error(ExitCode::usage, "--format: \"{}\" is none of {}{}", format, join(names),
                did_you_mean(format, names));
  const RunToExport run = open_run_to_export(options.text("FOLDER"), options.list("key"));
  all_formats[found - names.begin()].write(run, options);
  if (run.has_older_format())
    std::cout << "format version 1 of the lineage, which leaves more open: whoever holds the "
                 "operator's key can write such a chain today\n";
  if (!options.has("key"))
    std::cout << "no key was given: nobody checked the signatures of the chains\n";
  return 0;
}

}  // namespace bailiwick
