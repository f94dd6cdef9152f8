// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "lib/kinds/model_file.hpp"

namespace bailiwick {

int command_digest(const Arguments& arguments) {
  Options options(
      "digest MODEL...",
      "Prints the SHA-256 of what a model or checkpoint says: parameters and all that defines\n"
      "them, not the file's bytes. Equal models have equal digests whatever wrote them. MODEL: a "
      "file,\nor the folder of a run.",
      "docs/checkpoint-format.md");
  if (!options.parse(arguments.words)) return 0;
  for (const std::string& path : options.list("MODEL"))
    std::cout << io::content_digest(model_at(path)).hex() << "  " << path << '\n';
  return 0;
}

}  // namespace bailiwick
