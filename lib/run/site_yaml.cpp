// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/site_yaml.hpp"

#include "lib/run/site_schema.hpp"

namespace bailiwick {

template <class Visitor>
void schema(Visitor& v, Site& site) {
  int version = 1;
  v.key("version", version, required, is_version(1));
  site_keys(v, site);
}

Site parse_site_yaml(const std::string& text, const std::string& path) {
  Site site;
  read_yaml(text, path, site);
  return site;
}

}  // namespace bailiwick
