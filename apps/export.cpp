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

void export_crate(const RunToExport& run, const Options& options, const std::string& license) {
  if (license.find(':') == std::string::npos)
    throw Error(ExitCode::usage,
                "run-crate: a crate names its licence: --license IRI, such as "
                "https://spdx.org/licenses/CC-BY-4.0; whether the results may be given away at all "
                "the owners' policies say (bailiwick policy show)");
  const Json crate = run_crate(run, license);
  if (!options.has("output")) return write_export(run, options, crate_name, crate.dump(2) + "\n");
  const std::string to = options.text("output");
  copy_crate(run, crate, to);
  write_file_atomically(to + "/" + crate_name, crate.dump(2) + "\n");  // last: now it is whole
  std::cout << "written  " << to << '\n';
}

void export_signature(const RunToExport& run, const Options& options) {
  if (!options.has("sign-with"))
    throw Error(ExitCode::usage, "model-signature: name the key to sign with: --sign-with KEY.pem");
  const PrivateKey key = PrivateKey::load(options.text("sign-with"));
  const RunFile model = run.model();
  write_export(run, options, signature_name, model_signature(model, key));
  std::cout << fmt::format("of       {}\nby       {}\n", model.path, key.public_key().id());
}

}  // namespace

int command_export(const Arguments& arguments) {
  Options options(
      "export FOLDER [options]",
      "Describes what lies in a run's output folder in formats that others read. FOLDER "
      "must hold\nas it was signed. What stays with the domains is left out.",
      "docs/export.md");
  options.add()("format", po::value<std::string>()->required(),
                "run-crate (RO-Crate of the run), model-signature (OpenSSF, of model.h5) or "
                "model-card (Markdown)");
  options.add()("output", po::value<std::string>(),
                "file to write to, of a run-crate the folder to copy to; else into FOLDER");
  options.add()("license", po::value<std::string>(), "IRI of the licence; a run-crate needs one");
  options.add()("sign-with", po::value<std::string>(), "private key (PEM) of a model-signature");
  options.add()("key", po::value<std::vector<std::string>>(),
                "public key (PEM) that must have signed; without, signatures are not checked");
  if (!options.parse(arguments.words)) return 0;

  const std::string format = options.text("format");
  const std::vector<std::string> formats = {"run-crate", "model-signature", "model-card"};
  if (std::ranges::find(formats, format) == formats.end())
    throw Error(ExitCode::usage, "--format: \"{}\" is none of {}{}", format, join(formats),
                did_you_mean(format, formats));
  const RunToExport run = open_run_to_export(options.text("FOLDER"), options.list("key"));
  const std::string license = options.has("license") ? options.text("license") : "";
  if (format == formats[0]) export_crate(run, options, license);
  if (format == formats[1]) export_signature(run, options);
  if (format == formats[2]) write_export(run, options, card_name, model_card(run, license));
  if (!options.has("key"))
    std::cout << "no key was given: nobody checked the signatures of the chains\n";
  return 0;
}

}  // namespace bailiwick
