// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/folder/facts.hpp"

#include "lib/core/undefined.hpp"

namespace bailiwick {

const Json& fact(const Json& document, std::string_view path) {
  static const Json none;
  const Json* at = &document;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string name(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
    if (!at->is_object()) return none;
    const auto found = at->find(name);
    if (found == at->end()) return none;
    at = &*found;
  }
  return *at;
}

std::string fact_text(const Json& document, std::string_view path) {
  const Json& value = fact(document, path);
  return value.is_string() ? value.get<std::string>() : "";
}

double fact_number(const Json& document, std::string_view path) {
  const Json& value = fact(document, path);
  return value.is_number() ? value.get<double>() : undefined;
}

bool fact_holds(const Json& document, std::string_view path) {
  const Json& value = fact(document, path);
  return value.is_boolean() && value.get<bool>();
}

const Json& fact_list(const Json& document, std::string_view path) {
  static const Json empty = Json::array();
  const Json& value = fact(document, path);
  return value.is_structured() ? value : empty;
}

}  // namespace bailiwick
