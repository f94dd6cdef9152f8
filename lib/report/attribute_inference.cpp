// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/attribute_inference.hpp"

#include <string>
#include <utility>
#include <vector>

#include "lib/folder/facts.hpp"

namespace bailiwick {

Html attribute_inference_html(const Json& attacks) {
  HtmlTable table("A feature guessed by whoever knows the rest of a row, its target and the model",
                  {{"feature"},
                   {"advantage", true},
                   {"rows"},
                   {"number", true},
                   {"guessed right", true},
                   {"95 %", true},
                   {"without the model", true}});
  Html notes;
  for (const Json& attack : attacks) {
    const std::string name = fact_text(attack, "feature");
    bool first = true, told = false;
    for (const auto& [group, words] :
         {std::pair("members", "of the training"), std::pair("others", "others")}) {
      const Json& of = fact(attack, group);
      told = told || of.is_object();
      table.add({first ? html_text(name) : Html(),
                 first ? html_text(number_text(fact_number(attack, "advantage"), 3)) : Html(),
                 html_text(words), html_text(count_text(fact_number(of, "rows"))),
                 html_text(percent_text(fact_number(of, "share"))),
                 of.is_object() ? html("{} to {}", percent_text(fact_number(of, "share_lower")),
                                       percent_text(fact_number(of, "share_upper")))
                                : Html("-"),
                 html_text(percent_text(fact_number(of, "without_model")))});
      first = false;
    }
    if (!told)
      notes += html("<p class=\"note\">{}: policies do not let be told how many are guessed.</p>\n",
                    name);
    else if (fact(attack, "prior").is_null())
      notes += html(
          "<p class=\"note\">{}: policies do not let be told how frequent its levels are; all were "
          "taken for equally likely.</p>\n",
          name);
  }
  Html page = table.finish();
  page +=
      "<p class=\"note\">What is guessed of others as well follows from what holds for all of "
      "them. The advantage, the training's share less the others', is what the model tells of "
      "those "
      "it was trained on; without it a guess is of the most frequent level.</p>\n";
  page += notes;
  return page;
}

}  // namespace bailiwick
