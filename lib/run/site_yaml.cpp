// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/site_yaml.hpp"

#include "lib/config/reader.hpp"
#include "lib/config/schema.hpp"
#include "lib/core/json.hpp"
#include "lib/run/site_schema.hpp"

namespace bailiwick {

template <class Visitor>
void schema(Visitor& v, Site& site) {
  key_version(v);
  site_keys(v, site);
}

Site parse_site_yaml(const std::string& text, const std::string& path) {
  Site site;
  read_yaml(text, path, site);
  return site;
}

OrderedJson site_schema() {
  return SchemaWriter::type_of(Site());
}

}  // namespace bailiwick
