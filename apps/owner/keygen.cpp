// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/keys.hpp"

namespace bailiwick {

int command_keygen(const Arguments& arguments) {
  Options options(
      "keygen NAME",
      "Writes NAME.pem (private: keep it, mode 0600) and NAME.pub.pem (public: give it to those\n"
      "who check your signatures). ECDSA P-256. Never overwrites.",
      "docs/policy.md");
  if (!options.parse(arguments.words)) return 0;
  const std::string name = options.text("NAME");
  const std::string public_path = name + ".pub.pem";
  if (is_taken(public_path))
    throw Error(ExitCode::data, "{}: exists already; choose another name", public_path);
  create_folders(std::filesystem::path(name).parent_path().string());
  const PrivateKey key = PrivateKey::generate();
  key.save(name + ".pem");
  write_file_atomically(public_path, key.public_key().pem());
  std::cout << "private key  " << name << ".pem\npublic key   " << public_path << "\nkey id       "
            << key.public_key().id() << '\n';
  return 0;
}

}  // namespace bailiwick
