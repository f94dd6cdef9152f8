// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy_yaml.hpp"

#include <algorithm>
#include <regex>

#include "lib/config/reader.hpp"
#include "lib/config/schema.hpp"
#include "lib/config/writer.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

template <class Visitor>
void schema(Visitor& v, Prohibition& prohibition) {
  v.key("action", prohibition.action, "What may not be done; default: anything.");
  v.key("purposes", prohibition.purposes, "For any of these purposes, and what is narrower.",
        non_empty);
  v.key("where", prohibition.jurisdictions, "On any node in these places.", non_empty);
  v.key("recipients", prohibition.recipients, "For any of these recipients.", non_empty);
}

template <class Visitor>
void schema(Visitor& v, Duties& duties) {
  v.key("attribute", duties.attribute, "Name the source with these words.", non_empty);
  v.key("inform", duties.inform, "Tell this party: an IRI, e.g. mailto:.", non_empty);
  v.key("delete_by", duties.delete_by,
        "Moment from which on a model must not be used: date and time with zone.", non_empty);
}

template <class Visitor>
void schema(Visitor& v, Allowances& allow) {
  v.key("unstratified_survival", allow.unstratified_survival,
        "Event counts and risk-set sums on a public grid of times (Cox, strata: none).");
  v.key("per_domain_statistics", allow.per_domain_statistics,
        "The domain's own metrics may be shown to all.");
  v.key("exact_release", allow.exact_release,
        "Release without noise for privacy; there is none yet, so without this nothing goes out.");
  v.key("two_parties", allow.two_parties,
        "Runs of two owners, in which each can compute the other's sums.");
  v.key("unmasked_sums", allow.unmasked_sums, "The domain's own sums may be seen by the others.");
}

template <class Visitor>
void schema(Visitor& v, Policy& policy) {
  key_version(v);
  v.key("uid", policy.uid, "IRI that names these terms; changed terms have a new one.", required);
  v.key("owner", policy.owner, "Who permits; one line. The signature proves it.", required);
  v.key("target", policy.target, "Names of the partitions covered; * stands for any text.",
        required);
  v.key("permit", policy.actions, "What may be done; what is not named is forbidden.", required);
  v.key("purposes", policy.purposes,
        "What for: terms of DPV or DUO, or IRIs of your own; each covers what is narrower.",
        required);
  v.key("where", policy.jurisdictions,
        "Where the rows may be computed on: countries of ISO 3166, or parts of them.", required);
  v.key("serial", policy.serial, "Number of these terms: of two the higher is newer. 0: none.");
  v.key("site_key", policy.site_key,
        "Id of the key that signed the site file. Default: any site is believed.", non_empty);
  v.key("registry", policy.registry,
        "The owner's folder that says which policy is in force; an absolute path. Needs serial.",
        non_empty);
  v.key("partners", policy.partners,
        "Ids of keys: every other owner has signed with these alone. Default: anybody.", non_empty);
  v.key("trust", policy.trust, "Id of the key that signs a list of such keys. Default: none does.",
        non_empty);
  v.key("recipients", policy.recipients,
        "IRIs of who may get what is released; the run must name some. Default: anybody.",
        non_empty);
  v.key("kinds", policy.kinds, "Which models, by model.kind of a run. Default: any.", non_empty);
  v.section("valid", "When the terms hold: date and time with zone.", [&](auto& s) {
    s.key("from", policy.valid_from, "From this moment on, e.g. 2026-01-01T00:00:00Z.", required);
    s.key("until", policy.valid_until, "Before this moment.", required);
  });
  v.section("minimum", "The least company in which the rows may be used; each at least 1.",
            [&](auto& s) {
              s.key("parties", policy.minimum_parties, "Owners in the run, told by their keys.");
              s.key("rows", policy.minimum_rows,
                    "Rows of non-zero weight of the domain, in every round and step.");
              s.key("partner_rows", policy.minimum_partner_rows,
                    "The same, of every other owner's domains.");
              s.key("contributors", policy.minimum_contributors,
                    "Owners in every number that crosses and is not zero.");
            });
  v.section("maximum", "How often the rows may be used.", [&](auto& s) {
    s.key("runs", policy.maximum_runs,
          "Runs admitted under these terms, counted in the registry. 0: any number.");
  });
  v.key("forbid", policy.prohibitions,
        "What is refused though permitted: requests that meet all that one entry names.");
  v.key("duties", policy.duties, "What comes with all that is released.");
  v.key("allow", policy.allow, "What may happen besides what every fit needs.");
  // What a policy may say is the policy's own business, in YAML as in ODRL.
  v.judge(problems_of(policy));
}

namespace {

constexpr std::string_view name_mark = "<name>";

/// Writes `name` wherever a value says <name>.
void put_name(YamlNode& node, const std::string& name) {
  for (std::size_t at = node.text.find(name_mark); at != std::string::npos;
       at = node.text.find(name_mark, at + name.size()))
    node.text.replace(at, name_mark.size(), name);
  for (YamlNode& item : node.items)
    put_name(item, name);
  for (YamlEntry& entry : node.entries)
    put_name(entry.value, name);
}

/// What `for` says: the names, each with the keys that are its own.
std::vector<YamlEntry> names_of(const YamlEntry& owners, YamlProblems& problems) {
  const YamlNode& value = owners.value;
  std::vector<YamlEntry> names = value.entries;
  for (const YamlNode& item : value.items)
    if (item.kind == YamlNode::Kind::scalar) names.push_back({item.text, item.mark, {}});
  if (names.empty() || names.size() < value.items.size())
    problems.add(owners.mark, "for",
                 "expected a list of names, or a section of names with the keys of each");
  for (const YamlEntry& entry : names) {
    if (std::ranges::count(names, entry.key, &YamlEntry::key) > 1)
      problems.add(entry.mark, "for", fmt::format("\"{}\" is given twice", entry.key));
    if (const std::string wrong = a_file_name(entry.key); !wrong.empty())
      problems.add(entry.mark, "for", wrong);
    if (entry.value.kind != YamlNode::Kind::null && entry.value.kind != YamlNode::Kind::map)
      problems.add(entry.mark, join_keys("for", entry.key), "expected a section");
  }
  problems.throw_if_any();
  return names;
}

/// The terms of one of those that the file is for, as if they stood in a file of their own.
void choose_owner(YamlNode& root, const std::string& name, YamlProblems& problems) {
  const YamlEntry* found = find(root, "for");
  if (found == nullptr && name.empty()) return;
  if (found == nullptr) {
    problems.add(root.mark, "",
                 "has no \"for\": its terms are one owner's, so leave out --for " + name);
    problems.throw_if_any();
  }
  const YamlEntry owners = *found;
  std::erase_if(root.entries, [](const YamlEntry& entry) { return entry.key == "for"; });
  const std::vector<YamlEntry> all = names_of(owners, problems);
  std::vector<std::string> names;
  for (const YamlEntry& own : all) {
    names.push_back(own.key);
    // What is wrong with one owner's terms is said whoever signs.
    for (const YamlEntry& entry : own.value.entries)
      if (const YamlEntry* common = find(root, entry.key))
        problems.add(entry.mark, join_keys("for." + own.key, entry.key),
                     "stands at " + problems.place_of(common->mark) + " already, for all");
  }
  problems.throw_if_any();
  const auto own = std::ranges::find(all, name, &YamlEntry::key);
  if (own == all.end()) {
    problems.add(owners.mark, "for",
                 name.empty() ? "say whose terms are to be signed with --for: " + join(names)
                              : fmt::format("\"{}\" is none of {}{}", name, join(names),
                                            did_you_mean(name, names)));
    problems.throw_if_any();
  }
  root.entries.insert(root.entries.end(), own->value.entries.begin(), own->value.entries.end());
  put_name(root, name);
}

}  // namespace

Policy parse_policy_yaml(const std::string& text, const std::string& path,
                         const std::string& name) {
  YamlProblems problems(path);
  YamlNode root = parse_yaml(text, problems);
  choose_owner(root, name, problems);
  Policy policy;
  read_yaml(root, problems, policy);
  return policy;
}

namespace {

/// A text that no reader of YAML takes for anything but this text.
bool is_plain(const std::string& text) {
  static const std::regex word("[A-Za-z][A-Za-z0-9_.-]*(:[A-Za-z0-9_./-]+)?");
  static const std::regex other("null|true|false|yes|no|on|off|y|n", std::regex::icase);
  return std::regex_match(text, word) && !std::regex_match(text, other);
}

/// As people write: lists of words in a line, quotes where they are needed.
void set_style(YamlNode& node) {
  for (YamlEntry& entry : node.entries)
    set_style(entry.value);
  for (YamlNode& item : node.items)
    set_style(item);
  node.flow = std::ranges::all_of(
      node.items, [](const YamlNode& item) { return item.kind == YamlNode::Kind::scalar; });
  if (is_plain(node.text)) node.quoted = false;
}

}  // namespace

std::string to_policy_yaml(Policy policy) {
  YamlNode node = YamlWriter::write_struct(policy, Written::given);
  set_style(node);
  return to_yaml(node);
}

OrderedJson policy_schema() {
  SchemaWriter writer;
  Policy untouched;
  schema(writer, untouched);
  const OrderedJson names = SchemaWriter::list_of({{"type", "string"}});
  const OrderedJson own = {{"type", "object"}, {"additionalProperties", writer.keys()}};
  writer.elsewhere(
      "for", {{"anyOf", {names, own}}},
      "Owners who each sign these terms as `<name>`; with the name stands what is their own.");
  return writer.whole();
}

}  // namespace bailiwick
