// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/label/result.hpp"

#include <vector>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

std::string number_text(const Json& value) {
  return value.is_null() ? "-" : fmt::format("{:.4g}", value.get<double>());
}

std::string rows_text(const Json& value) {
  return value.is_null() ? "-" : with_thousands(value.get<long long>());
}

/// A sum of numbers of which none is withheld.
Json sum_of(const Json& list) {
  if (!list.is_array()) return {};
  long long sum = 0;
  for (const Json& value : list)
    sum += value.get<long long>();
  return sum;
}

}  // namespace

std::string label_text(const Json& result) {
  std::string text = fmt::format("{} rows, {}\n\n", rows_text(result["rows"]),
                                 result["target"].get<std::string>());
  std::vector<std::vector<std::string>> lines{{"source", "kind", "labels", "accuracy"}};
  for (const Json& source : result["sources"])
    lines.push_back({source["name"].get<std::string>(), source["kind"].get<std::string>(),
                     rows_text(sum_of(source["labels"])), number_text(source["accuracy"])});
  text += aligned(lines);

  const Json& agreement = result["agreement"];
  if (agreement.is_object()) {
    text +=
        fmt::format("\nagreement of annotators: Krippendorff's alpha ({}) {}, Fleiss' kappa {}\n",
                    agreement["scale"].get<std::string>(), number_text(agreement["alpha"]),
                    number_text(agreement["fleiss"]));
    std::vector<std::vector<std::string>> pairs{{"pair", "rows", "equal", "Cohen's kappa"}};
    for (const Json& pair : agreement["pairs"])
      pairs.push_back({fmt::format("{}, {}", pair["annotators"][0].get<std::string>(),
                                   pair["annotators"][1].get<std::string>()),
                       rows_text(pair["rows"]), number_text(pair["equal"]),
                       number_text(pair["kappa"])});
    if (pairs.size() > 1) text += aligned(pairs);
  }

  std::vector<std::vector<std::string>> classes{{"label", "rows"}};
  for (std::size_t c = 0; c < result["classes"].size(); ++c)
    classes.push_back({result["classes"][c].get<std::string>(),
                       rows_text(result["labels"].is_null() ? Json() : result["labels"][c])});
  classes.push_back({"none", rows_text(result["without"])});
  text += "\n" + aligned(classes);
  for (const Json& note : result["notes"])
    text += "\n" + note.get<std::string>() + "\n";
  return text;
}

}  // namespace bailiwick
