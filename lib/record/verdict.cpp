// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/verdict.hpp"

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/egress/meter.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

void end_as_judged(const Communicator& world, const std::string& path,
                   std::string (*fails)(const Json& result, const std::string& path)) {
  const EgressPurpose purpose("agreement and errors");
  std::string words;
  agree(world, [&] {
    if (world.is_root()) words = fails(parse_json(read_file(path), path), path);
  });
  words = world.broadcast(0, words);
  if (!words.empty()) throw Error(ExitCode::verdict, "{}", words);
}

}  // namespace bailiwick
