// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/trust_yaml.hpp"

#include "lib/config/reader.hpp"
#include "lib/config/schema.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

namespace {

struct KeyId {
  std::string operator()(const std::string& text) const {
    return is_key_id(text) ? ""
                           : "must be the id of a key, 64 hexadecimal digits as keygen prints it";
  }
};
constexpr KeyId a_key_id;

struct Moment {
  std::string operator()(const std::string& text) const {
    return parse_instant(text) ? ""
                               : "is not a date and time with zone such as 2026-01-31T00:00:00Z";
  }
};
constexpr Moment a_moment;

}  // namespace

template <class Visitor>
void schema(Visitor& v, TrustList& list) {
  key_version(v);
  v.key("name", list.name, "What people call the trust.", required, non_empty);
  v.key("valid_until", list.valid_until,
        "When the list ends: date and time with zone, 2027-01-01T00:00:00Z.", required, a_moment);
  v.key("keys", list.keys, "Ids of the owners' keys, as `keygen` prints them.", required, non_empty,
        distinct, a_key_id);
}

TrustList parse_trust_yaml(const std::string& text, const std::string& path) {
  TrustList list;
  read_yaml(text, path, list);
  return list;
}

OrderedJson trust_schema() {
  return SchemaWriter::type_of(TrustList());
}

}  // namespace bailiwick
