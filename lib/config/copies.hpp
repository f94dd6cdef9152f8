// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/config/yaml.hpp"

// A section that stands for several: `for: [a, b]`, or `for: {a: {key: its own}, b: }`.
namespace bailiwick {

/// What the section stands for, by name: each as if it stood alone, without `for`, with its own
/// keys, and with its name wherever a value says <name>. Throws what is wrong with it, of key
/// `path`.for. Precondition: it has a `for`.
std::vector<YamlEntry> copies_of(const YamlNode& section, const std::string& path,
                                 YamlProblems& problems);

/// Of that list of the root, puts the copies in place of each section that stands for several; one
/// that does not say its `name` gets it. Throws as copies_of.
void put_copies(YamlNode& root, const std::string& list, YamlProblems& problems);

}  // namespace bailiwick
