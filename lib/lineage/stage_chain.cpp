// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/lineage/stage_chain.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "lib/core/instant.hpp"
#include "lib/core/iri.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

// No std::regex: its depth grows with the text, and these texts are somebody else's.
bool is_checkpoint_name(std::string_view name) {
  constexpr std::string_view folder = "checkpoints/", end = ".h5";
  if (name.size() <= folder.size() + end.size() || !name.starts_with(folder) ||
      !name.ends_with(end))
    return false;
  name = name.substr(folder.size(), name.size() - folder.size() - end.size());
  return name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
         std::string_view::npos;
}

namespace {

/// Holds the statements of one chain against what their stage declares, in their order.
class StageCheck {
 public:
  StageCheck(const StageChain& chain, std::string domain)
      : chain_(chain), domain_(std::move(domain)) {}

  /// What is wrong with the next statement; empty: nothing.
  std::string next(const Statement& s) {
    wrong_.clear();
    const bool begins = last_ == nullptr || s.invocation != last_->invocation;
    if (begins) begin_session(s);
    demand(
        s.build_type == chain_.stage,
        fmt::format("buildType is \"{}\", and the chain is of \"{}\"", s.build_type, chain_.stage));
    check_parameters(s);
    check_times(s, begins);
    check_inputs(s, begins);
    check_artefact(s, begins);
    check_removed(s);
    last_ = &s;
    return join(wrong_, "; ");
  }

 private:
  void demand(bool holds, const std::string& why) {
    if (!holds) wrong_.push_back(why);
  }

  void begin_session(const Statement& s) {
    ++session_;
    first_ = &s;
    egress_ = false;
    demand(!s.invocation.empty() && invocations_.insert(s.invocation).second,
           "goes on with a session after another began");
  }

  void check_parameters(const Statement& s) {
    const auto is_text = [&](const char* key) {
      const auto member = s.external_parameters.find(key);
      return member != s.external_parameters.end() && member->is_string() &&
             !member->get_ref<const std::string&>().empty();
    };
    std::vector<std::string> keys = {"config", "name", "purpose"};
    if (!domain_.empty()) keys.insert(keys.begin() + 1, "domain");
    for (const std::string& key : keys)
      demand(is_text(key.c_str()), "externalParameters lacks " + key);
    demand(s.external_parameters.size() <= keys.size(),
           "externalParameters holds more than " + join(keys));
    if (!domain_.empty() && is_text("domain"))
      demand(s.external_parameters.at("domain") == domain_, "is of another domain");
    for (const char* key : {"ranks", "domains"}) {
      const auto member = s.internal_parameters.find(key);
      demand(member != s.internal_parameters.end() && member->is_number_integer() && *member > 0,
             fmt::format("internalParameters lacks {}", key));
    }
    if (last_ == nullptr) return;
    demand(s.external_parameters == last_->external_parameters,
           "externalParameters differ from those of the statement before");
    demand(s.invocation != last_->invocation || s.internal_parameters == last_->internal_parameters,
           "internalParameters differ within a session");
  }

  /// Of texts in that form the order is that of the instants.
  void check_times(const Statement& s, bool begins) {
    demand(is_utc_second(s.started) && is_utc_second(s.finished),
           "its times are no moments written YYYY-MM-DDThh:mm:ssZ");
    demand(s.started <= s.finished, "finished before it started");
    demand(s.started == first_->started, "started at another time than its session");
    if (last_ == nullptr) return;
    demand((begins ? s.started : s.finished) >= last_->finished,
           "its times go back behind the statement before");
  }

  void check_inputs(const Statement& s, bool begins) {
    demand(!s.builder.empty() && s.builder == first_->builder, "builder differs within a session");
    demand(s.source_commit == first_->source_commit, "source differs within a session");
    std::set<std::string> names;
    for (const Artefact& artefact : s.dependencies) {
      demand(names.insert(artefact.name).second, "names " + artefact.name + " twice");
      demand(artefact.sha256 != Digest(), "names " + artefact.name + " by zeros");
    }
    for (const char* name : {dependency::config, dependency::binary})
      demand(names.contains(name), fmt::format("does not name its {}", name));
    const bool none = chain_.may_lack_model && !names.contains(dependency::model);
    demand(none || names.contains(dependency::model) == chain_.names_model,
           chain_.names_model ? "does not name its model" : "names a model, and uses none");
    const Artefact* from = find_dependency(s, dependency::resumed_from);
    demand(from == nullptr || chain_.resumes, "only a training is resumed from something");
    if (begins && session_ > 1 && from != nullptr)
      demand(contents_.contains(from->sha256),
             "is resumed from something that no statement before it is about");
    // Within a session all statements name the same; only the end of a domain's own says more.
    std::vector<Artefact> own = s.dependencies;
    if (!domain_.empty() && s.final_count)
      std::erase_if(own, [](const Artefact& a) { return a.name == dependency::common_model; });
    const std::vector<Artefact>& first = first_->dependencies;
    demand(std::ranges::equal(own, first,
                              [](const Artefact& a, const Artefact& b) {
                                return a.name == b.name && a.sha256 == b.sha256;
                              }),
           "dependencies differ within a session");
    demand((find_dependency(s, dependency::common_model) != nullptr) ==
               (chain_.resumes && !domain_.empty() && s.final_count),
           "the end of a domain's own lineage names the common model, and nothing else does");
  }

  /// A session's decisions come first, then its parts, then its egress, then the result.
  void check_artefact(const Statement& s, bool begins) {
    const std::string& name = s.subject_name;
    const auto of_session = [&](const char* what) { return chain_.session_file(what, session_); };
    demand((name == of_session("decisions")) == begins,
           begins ? "a session begins with its " + of_session("decisions")
                  : "decisions do not come first in their session");
    const bool at_home = !domain_.empty();
    const bool is_result = at_home ? chain_.ends_at_home(name) : name == chain_.result;
    const bool is_part =
        chain_.is_part != nullptr && (at_home || chain_.parts_in_common) && chain_.is_part(name);
    const bool is_checkpoint = is_part && chain_.resumes;
    const bool is_egress = domain_.empty() && name == of_session("egress");
    demand(begins || is_result || is_part || is_egress,
           name + " is no artefact of this stage, or of another session");
    demand(!egress_ || is_result, "something follows the egress report of its session");
    demand(!is_result || egress_ || !domain_.empty(), "the egress report must come before it");
    demand(is_result == s.final_count.has_value(),
           "the final statement is about " +
               std::string(at_home ? "what stays with the domain" : chain_.result));
    egress_ = egress_ || is_egress;
    const bool is_model = is_checkpoint || name.ends_with(".h5");
    demand(
        is_model == s.subject_content.has_value() && !is_checkpoint == s.subject_sha256.has_value(),
        "models are named by both digests, checkpoints by their content, texts by their bytes");
    if (is_checkpoint && s.subject_content) contents_.insert(*s.subject_content);
    if (is_checkpoint) checkpoints_.insert(name);
  }

  void check_removed(const Statement& s) {
    for (const std::string& name : s.removed)
      demand(checkpoints_.contains(name) && name != s.subject_name,
             "removes " + name + ", which is no earlier checkpoint");
  }

  const StageChain& chain_;
  std::string domain_;
  std::size_t session_ = 0;
  const Statement* first_ = nullptr;  ///< of the session
  const Statement* last_ = nullptr;
  bool egress_ = false;  ///< of this session there is a report
  std::set<std::string> invocations_, checkpoints_;
  std::set<Digest> contents_;  ///< of checkpoints
  std::vector<std::string> wrong_;
};

}  // namespace

std::string StageChain::session_file(const std::string& name, std::size_t session) const {
  return (is_training() ? name : fmt::format("{}.{}", stage, name)) +
         (session == 1 ? "" : fmt::format("-{}", session)) + ".json";
}

std::string StageChain::resolved_config(const std::string& folder) const {
  return folder + "/" + (is_training() ? "" : std::string(stem) + ".") + "resolved.yaml";
}

bool StageChain::ends_at_home(std::string_view name) const {
  return std::ranges::any_of(results_at_home,
                             [&](const char* end) { return end != nullptr && name == end; });
}

std::string StageChain::home_of(const std::string& folder, const std::string& domain) const {
  return (std::filesystem::path(folder) / at_home / domain).string();
}

std::string StageChain::file(const std::string& folder) const {
  return fmt::format("{}/{}.jsonl", folder, stem);
}

std::string StageChain::lock(const std::string& folder) const {
  return fmt::format("{}/.{}.lock", folder, stem);
}

std::size_t count_sessions(const std::vector<Statement>& statements) {
  std::set<std::string> sessions;
  for (const Statement& statement : statements)
    sessions.insert(statement.invocation);
  return sessions.size();
}

bool uses_model(const StageChain& chain, const std::vector<Statement>& statements) {
  return chain.names_model && (!chain.may_lack_model ||
                               (!statements.empty() &&
                                find_dependency(statements.back(), dependency::model) != nullptr));
}

namespace {

constexpr const char* site_base = "https://bailiwick.dev/site/";

}  // namespace

std::string builder_of(const std::string& site) {
  return site_base + percent_encoded(site);
}

bool is_builder_of(const std::string& builder, const std::string& site) {
  return builder == builder_of(site) || builder == site_base + site;
}

const Artefact* find_dependency(const Statement& statement, const std::string& name) {
  const auto at = std::ranges::find(statement.dependencies, name, &Artefact::name);
  return at == statement.dependencies.end() ? nullptr : &*at;
}

std::vector<UsedPartition> partitions_of(const Statement& statement) {
  const std::string_view prefix = dependency::partition_prefix;
  std::vector<UsedPartition> partitions;
  for (const Artefact& artefact : statement.dependencies) {
    if (!artefact.name.starts_with(prefix)) continue;
    const std::string place = artefact.name.substr(prefix.size());
    const std::size_t slash = std::min(place.find('/'), place.size());
    const Json rows = artefact.annotations.value("rows", Json());
    partitions.push_back({place.substr(0, slash), place.substr(std::min(slash + 1, place.size())),
                          artefact.sha256,
                          rows.is_number_unsigned() ? rows.get<std::uint64_t>() : 0});
  }
  return partitions;
}

std::vector<Finding> check_stage(const StageChain& chain, const std::string& domain,
                                 const std::vector<Statement>& statements) {
  const std::string file = std::string(chain.stem) + ".jsonl";
  if (!domain.empty() && chain.at_home == nullptr)
    return {{false, file + ": nothing of this stage stays with a domain", Finding::Check::stage}};
  StageCheck check(chain, domain);
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const std::string why = check.next(statements[i]);
    findings.push_back({why.empty(),
                        fmt::format("{}:{}: stage{}{}", file, i + 1, why.empty() ? "" : ": ", why),
                        Finding::Check::stage});
  }
  return findings;
}

}  // namespace bailiwick
