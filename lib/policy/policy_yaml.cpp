// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy_yaml.hpp"

#include <algorithm>
#include <regex>
#include <utility>

#include "lib/config/reader.hpp"
#include "lib/config/writer.hpp"

namespace bailiwick {

template <>
inline constexpr auto words<Action> = action_words;

template <class Visitor>
void schema(Visitor& v, Prohibition& prohibition) {
  v.key("action", prohibition.action);
  v.key("purposes", prohibition.purposes, non_empty);
  v.key("where", prohibition.jurisdictions, non_empty);
  v.key("recipients", prohibition.recipients, non_empty);
}

template <class Visitor>
void schema(Visitor& v, Policy& policy) {
  int version = 1;
  v.key("version", version, required, is_version(1));
  v.key("uid", policy.uid, required);
  v.key("owner", policy.owner, required);
  v.key("target", policy.target, required);
  v.key("permit", policy.actions, required);
  v.key("purposes", policy.purposes, required);
  v.key("where", policy.jurisdictions, required);
  v.key("serial", policy.serial);
  v.key("site_key", policy.site_key, non_empty);
  v.key("registry", policy.registry, non_empty);
  v.key("partners", policy.partners, non_empty);
  v.key("trust", policy.trust, non_empty);
  v.key("recipients", policy.recipients, non_empty);
  v.key("kinds", policy.kinds, non_empty);
  v.section("valid", [&](auto& s) {
    s.key("from", policy.valid_from, required);
    s.key("until", policy.valid_until, required);
  });
  v.section("minimum", [&](auto& s) {
    s.key("parties", policy.minimum_parties);
    s.key("rows", policy.minimum_rows);
    s.key("partner_rows", policy.minimum_partner_rows);
    s.key("contributors", policy.minimum_contributors);
  });
  v.section("maximum", [&](auto& s) { s.key("runs", policy.maximum_runs); });
  v.key("forbid", policy.prohibitions);
  v.section("duties", [&](auto& s) {
    s.key("attribute", policy.duties.attribute, non_empty);
    s.key("inform", policy.duties.inform, non_empty);
    s.key("delete_by", policy.duties.delete_by, non_empty);
  });
  v.section("allow", [&](auto& s) {
    s.key("unstratified_survival", policy.allow.unstratified_survival);
    s.key("per_domain_statistics", policy.allow.per_domain_statistics);
    s.key("exact_release", policy.allow.exact_release);
    s.key("two_parties", policy.allow.two_parties);
    s.key("unmasked_sums", policy.allow.unmasked_sums);
  });
  // What a policy may say is the policy's own business, in YAML as in ODRL.
  v.judge(problems_of(policy));
}

Policy parse_policy_yaml(const std::string& text, const std::string& path) {
  Policy policy;
  read_yaml(text, path, policy);
  return policy;
}

namespace {

YamlNode node_of(Policy policy) {
  YamlWriter writer;
  schema(writer, policy);
  return writer.node();
}

bool is_equal(const YamlNode& a, const YamlNode& b) {
  return a.kind == b.kind && a.text == b.text &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), is_equal) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
                    [](const YamlEntry& x, const YamlEntry& y) {
                      return x.key == y.key && is_equal(x.value, y.value);
                    });
}

/// A text that no reader of YAML takes for anything but this text.
bool is_plain(const std::string& text) {
  static const std::regex word("[A-Za-z][A-Za-z0-9_.-]*(:[A-Za-z0-9_./-]+)?");
  static const std::regex other("null|true|false|yes|no|on|off|y|n", std::regex::icase);
  return std::regex_match(text, word) && !std::regex_match(text, other);
}

/// What is empty says nothing, and what `usual` says too need not be said.
void shorten(YamlNode& node, const YamlNode* usual) {
  std::erase_if(node.entries, [&](YamlEntry& entry) {
    const YamlEntry* same = usual ? find(*usual, entry.key) : nullptr;
    if (same && entry.key != "version" && is_equal(entry.value, same->value)) return true;
    shorten(entry.value, same ? &same->value : nullptr);
    const YamlNode& value = entry.value;
    return value.kind == YamlNode::Kind::list  ? value.items.empty()
           : value.kind == YamlNode::Kind::map ? value.entries.empty()
                                               : value.quoted && value.text.empty();
  });
  for (YamlNode& item : node.items)
    shorten(item, nullptr);
  node.flow = std::ranges::all_of(
      node.items, [](const YamlNode& item) { return item.kind == YamlNode::Kind::scalar; });
  if (is_plain(node.text)) node.quoted = false;
}

}  // namespace

std::string to_policy_yaml(Policy policy) {
  YamlNode node = node_of(std::move(policy));
  const YamlNode usual = node_of({});
  shorten(node, &usual);
  return to_yaml(node);
}

}  // namespace bailiwick
