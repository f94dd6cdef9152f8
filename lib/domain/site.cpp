// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/domain/site.hpp"

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/domain/countries.hpp"

namespace bailiwick {

namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

// On a mismatch only the last `*` need take one character more, so the time is at most the product
// of the lengths.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

bool is_jurisdiction(std::string_view code) {
  if (!is_country(code.substr(0, 2))) return false;
  if (code.size() == 2) return true;
  if (code[2] != '-' || code.size() < 4 || code.size() > 6) return false;
  for (const char c : code.substr(3))
    if (!is_upper(c) && !is_digit(c)) return false;
  return true;
}

std::string jurisdiction_form(const std::string& text) {
  std::string code = text;
  for (char& c : code)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const std::string_view meant = country_meant_by(code.substr(0, 2));
  if (!meant.empty()) code.replace(0, 2, meant);
  return std::string("an ISO 3166 code such as DE or US-NC") +
         (code == "EU"            ? " (name the member states)"
          : is_jurisdiction(code) ? fmt::format(" (did you mean \"{}\"?)", code)
                                  : "");
}

bool lies_in(const std::string& place, const std::string& area) {
  return !area.empty() && (place == area || place.starts_with(area + "-"));
}

bool may_lie_within(const std::string& place, const std::string& area) {
  return lies_in(place, area) || lies_in(area, place);
}

void check_jurisdiction(const std::string& code, const std::string& where) {
  if (!is_jurisdiction(code))
    throw Error(ExitCode::config, "{}: \"{}\" is not {}", where, code, jurisdiction_form(code));
}

bool is_absolute_path(const std::string& path) {
  return path.starts_with('/') && is_printable(path);
}

std::string Site::place_of(const std::string& node,
                           const std::vector<std::string>& features) const {
  std::string place, from;
  const auto declare = [&](const std::string& jurisdiction, const std::string& by) {
    if (!place.empty() && place != jurisdiction)
      throw Error(ExitCode::policy,
                  "site {}: node {} lies in {} by {} and in {} by {}; a node lies in one place",
                  name, node, place, from, jurisdiction, by);
    place = jurisdiction;
    from = by;
  };
  for (const auto& [pattern, jurisdiction] : nodes)
    if (matches(pattern, node)) declare(jurisdiction, "\"" + pattern + "\"");
  for (const std::string& feature : features)
    if (const auto found = slurm_features.find(feature); found != slurm_features.end())
      declare(found->second, "Slurm's feature " + feature);
  return place;
}

Json to_json(const Site& site) {
  Json nodes = Json::array();
  for (const auto& [pattern, jurisdiction] : site.nodes)
    nodes.push_back({{"match", pattern}, {"jurisdiction", jurisdiction}});
  Json json = {{"format", "bailiwick-site"},
               {"version", 1},
               {"name", site.name},
               {"nodes", nodes},
               {"slurm_features", site.slurm_features}};
  if (site.slurm) {
    Json& slurm = json["slurm"] = Json::object();
    if (site.slurm->scontrol) slurm["scontrol"] = *site.slurm->scontrol;
    if (site.slurm->conf) slurm["conf"] = *site.slurm->conf;
  }
  return json;
}

namespace {

SlurmAccess slurm_access_from(const Json& json) {
  SlurmAccess slurm;
  if (json.contains("scontrol")) slurm.scontrol = json.at("scontrol").get<std::string>();
  if (json.contains("conf")) slurm.conf = json.at("conf").get<std::string>();
  return slurm;
}

}  // namespace

Site site_from_json(const Json& json, const std::string& what) {
  Site site;
  try {
    site.name = json.at("name").get<std::string>();
    for (const Json& node : json.at("nodes"))
      site.nodes.emplace_back(node.at("match").get<std::string>(),
                              node.at("jurisdiction").get<std::string>());
    site.slurm_features = json.at("slurm_features").get<std::map<std::string, std::string>>();
    if (json.contains("slurm")) site.slurm = slurm_access_from(json.at("slurm"));
  } catch (const Json::exception&) {
    throw Error(ExitCode::policy, "{}: not a site file that this version understands", what);
  }
  // Understood, if writing down what was understood gives the same.
  if (to_json(site) != json)
    throw Error(ExitCode::policy,
                "{}: not a site file that this version understands: it has more members", what);
  const auto check = [&](bool holds, const std::string& text, const std::string& why) {
    if (!holds) throw Error(ExitCode::policy, "{}: \"{}\" {}", what, text, why);
  };
  check(!site.name.empty() && is_printable(site.name), printable(site.name),
        "is no name of a site");
  for (const auto& [pattern, jurisdiction] : site.nodes) {
    check(!pattern.empty() && is_printable(pattern), printable(pattern), "is no name of a node");
    check(is_jurisdiction(jurisdiction), jurisdiction, "is not " + jurisdiction_form(jurisdiction));
  }
  for (const auto& [feature, jurisdiction] : site.slurm_features) {
    check(!feature.empty() && is_printable(feature), printable(feature), "is no feature");
    check(is_jurisdiction(jurisdiction), jurisdiction, "is not " + jurisdiction_form(jurisdiction));
  }
  if (site.slurm)
    for (const std::optional<std::string>& path : {site.slurm->scontrol, site.slurm->conf})
      check(!path || is_absolute_path(*path), printable(path.value_or("")), "is no absolute path");
  return site;
}

}  // namespace bailiwick
