// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/policy/trust_yaml.hpp"

namespace bailiwick {

int trust_sign(const std::vector<std::string>& words) {
  Options options("trust sign FILE [options]",
                  "FILE is the YAML of a trust: the keys of owners that others may share sums\n"
                  "with. It becomes JSON, signed, at --output, for `trust.file` of a run.",
                  "docs/policy.md");
  options.add()("key", po::value<std::string>()->required(), "the trust's private key (PEM)");
  options.add()("output", po::value<std::string>()->required(), "the signed list to write");
  options.add()("force", "overwrite an existing one");
  if (!options.parse(words)) return 0;
  const std::string path = options.text("FILE"), output = options.text("output");
  if (is_taken(output) && !options.has("force"))
    throw Error(ExitCode::data, "{}: exists already; pass --force to replace it", output);
  const PrivateKey key = PrivateKey::load(options.text("key"));
  const TrustList list = parse_trust_yaml(read_file(path, document::config), path);
  create_folders(std::filesystem::path(output).parent_path().string());
  write_file_atomically(output,
                        to_json_line(sign_envelope(trust_type, to_json(list).dump(), key)) + "\n");
  std::cout << fmt::format("signed list of {}: {} keys, until {}\n  {}\n  key id {}\n", list.name,
                           list.keys.size(), list.valid_until, output, key.public_key().id());
  return 0;
}

}  // namespace bailiwick
