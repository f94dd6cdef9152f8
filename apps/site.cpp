// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/run/site_yaml.hpp"

namespace bailiwick {

int site_sign(const std::vector<std::string>& words) {
  Options options(
      "site sign FILE [options]",
      "FILE is the YAML that says which node lies in which jurisdiction: it becomes JSON,\n"
      "signed, at --output, for `site.file` of a run.",
      "docs/site.md");
  options.add()("key", po::value<std::string>()->required(), "the site's private key (PEM)");
  options.add()("output", po::value<std::string>()->required(), "the signed site file to write");
  options.add()("force", "overwrite an existing one");
  if (!options.parse(words)) return 0;
  const std::string path = options.text("FILE"), output = options.text("output");
  if (is_taken(output) && !options.has("force"))
    throw Error(ExitCode::data, "{}: exists already; pass --force to replace it", output);
  const PrivateKey key = PrivateKey::load(options.text("key"));
  const Site site = parse_site_yaml(read_file(path, document::config), path);
  const std::string payload = to_json(site).dump();
  site_from_json(parse_document(payload, path), path);  // as its readers will
  create_folders(std::filesystem::path(output).parent_path().string());
  write_file_atomically(output, to_json_line(sign_envelope(site_type, payload, key)) + "\n");
  std::cout << fmt::format("signed site {}\n  {}\n  digest {}\n  key id {}\n", site.name, output,
                           sha256(payload).hex(), key.public_key().id());
  return 0;
}

int site_show(const std::vector<std::string>& words) {
  Options options("site show FILE [options]",
                  "Prints a signed site file, or says where a node lies by it.", "docs/site.md");
  options.add()("key", po::value<std::string>(), "the site's public key: verify the signature too");
  options.add()("node", po::value<std::string>(), "name of a node: print its jurisdiction");
  if (!options.parse(words)) return 0;
  const std::string path = options.text("FILE");
  const Envelope envelope =
      envelope_from_json(read_file(path, document::site), path, ExitCode::policy);
  std::string payload = envelope.payload;
  if (options.has("key")) {
    const PublicKey key = PublicKey::load(options.text("key"));
    payload = open_envelope(envelope, site_type, {&key, 1}, path, ExitCode::policy);
  }
  const Site site = site_from_json(parse_document(payload, path, ExitCode::policy), path);
  if (!options.has("key")) std::cerr << "signature not verified: pass --key\n";
  if (!options.has("node")) {
    std::cout << to_json(site).dump(2) << '\n';
    return 0;
  }
  const std::string place = site.place_of(options.text("node"));
  if (place.empty())
    throw Error(ExitCode::policy, "{}: no name or pattern of {} matches node {}", path, site.name,
                options.text("node"));
  std::cout << place << '\n';
  return 0;
}

}  // namespace bailiwick
