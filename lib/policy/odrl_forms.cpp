// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/odrl_forms.hpp"

#include <charconv>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"

namespace bailiwick::odrl {

std::string text_of(const Json& json, std::string_view prefix) {
  if (!json.is_string()) return "";
  const std::string& value = json.get_ref<const std::string&>();
  return value.starts_with(prefix) ? value.substr(prefix.size()) : "";
}

const Json& member_of(const Json& json, const char* name) {
  static const Json nothing;
  return json.is_object() && json.contains(name) ? json.at(name) : nothing;
}

Json Text::write(const std::string& value) {
  return value;
}
std::string Text::read(const Json& json) {
  return text_of(json);
}

Json Names::write(const std::vector<std::string>& names) const {
  Json list = Json::array();
  for (const std::string& name : names)
    list.push_back({{"@id", std::string(prefix) + name}});
  return list;
}
std::vector<std::string> Names::read(const Json& list) const {
  std::vector<std::string> names;
  if (list.is_array())
    for (const Json& item : list)
      names.push_back(text_of(member_of(item, "@id"), prefix));
  return names;
}

Json Moment::write(const std::string& value) {
  return {{"@value", value}, {"@type", "xsd:dateTime"}};
}
std::string Moment::read(const Json& json) {
  return text_of(member_of(json, "@value"));
}

Json Number::write(double value) {
  return {{"@value", fmt::format("{}", value)}, {"@type", "xsd:double"}};
}
double Number::read(const Json& json) {
  return parse_number(text_of(member_of(json, "@value"))).value_or(0);
}

Json Count::write(std::uint64_t value) {
  return {{"@value", std::to_string(value)}, {"@type", "xsd:nonNegativeInteger"}};
}
std::uint64_t Count::read(const Json& json) {
  const std::string digits = text_of(member_of(json, "@value"));
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Json OptionalCount::write(const std::optional<std::uint64_t>& value) {
  return Count::write(value.value_or(0));
}
std::optional<std::uint64_t> OptionalCount::read(const Json& json) {
  return Count::read(json);
}

}  // namespace bailiwick::odrl
