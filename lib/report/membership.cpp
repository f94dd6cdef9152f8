// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/membership.hpp"

#include <string>
#include <vector>

#include "lib/folder/facts.hpp"

namespace bailiwick {

namespace {

bool is_rate(double value) {
  return value >= 0 && value <= 1;
}

/// Lines of the attack, a threshold each, with what the promise allows at its false positives.
class MembershipTable {
 public:
  explicit MembershipTable(const std::optional<RenyiLoss>& promised) : promised_(promised) {}

  void add(const Html& threshold, const Json& at) {
    const double found = fact_number(at, "true_positive_rate"),
                 mistaken = fact_number(at, "false_positive_rate");
    std::vector<Html> cells = {
        threshold, html_text(percent_text(mistaken)), html_text(percent_text(found)),
        html("{} to {}", percent_text(fact_number(at, "true_positive_lower")),
             percent_text(fact_number(at, "true_positive_upper"))),
        html_text(number_text(fact_number(at, "epsilon"), 3))};
    if (promised_) {
      cells.push_back(html_text(is_rate(mistaken) ? percent_text(most(mistaken)) : "-"));
      const double surely = fact_number(at, "true_positive_lower"),
                   at_most = fact_number(at, "false_positive_upper");
      is_broken_ = is_broken_ || (is_rate(at_most) && surely > most(at_most));
    }
    table_.add(cells);
  }

  Html finish() const {
    Html page = table_.finish();
    if (is_broken_)
      page += html(
          "<p class=\"warning\">{} either the rows were not dealt to the splits by chance "
          "and a unit each, or the promise does not hold.</p>\n",
          mark_html(Mark::bad, "The attack found more than the promise allows:"));
    return page;
  }

 private:
  double most(double mistaken) const { return highest_true_positive_rate(*promised_, mistaken); }

  std::vector<HtmlColumn> columns() const {
    std::vector<HtmlColumn> columns = {{"threshold for"},
                                       {"others taken for its rows", true},
                                       {"its rows found", true},
                                       {"95 %", true},
                                       {"epsilon at least", true}};
    if (promised_) columns.push_back({"any attack, at most", true});
    return columns;
  }

  std::optional<RenyiLoss> promised_;
  HtmlTable table_{"Rows of the training told from others by how sure the model is of them",
                   columns()};
  bool is_broken_ = false;
};

}  // namespace

Html membership_html(const Json& attack, const std::optional<RenyiLoss>& promised) {
  if (attack.is_null())
    return "<p class=\"note\">Membership: policies do not let be told how well rows of the "
           "training are found.</p>\n";
  MembershipTable table(promised);
  for (const Json& at : fact_list(attack, "at"))
    table.add(html("{} of others", percent_text(fact_number(at, "asked"))), at);
  table.add("the largest advantage", fact(attack, "best"));
  Html page = html(
      "<p>An attack on membership finds rows of the training with an advantage (true "
      "less false positives) of <b>{}</b>, over {} of them and {} others.</p>\n",
      number_text(fact_number(attack, "best/advantage"), 3),
      count_text(fact_number(attack, "members")), count_text(fact_number(attack, "others")));
  page += table.finish();
  page += promised ? Html(
                         "<p class=\"note\">At most: what the noise of the training leaves to "
                         "any attack, whatever it knows, at these false positives.</p>\n")
                   : Html(
                         "<p class=\"note\">The training was made without noise, or its promise "
                         "is not in this folder: no bound holds, and an attack that knows more "
                         "may find more.</p>\n");
  for (const Json& name : fact_list(attack, "left_out"))
    if (name.is_string())
      page += html("<p class=\"note\">Left out, for too few rows: class {}.</p>\n",
                   name.get<std::string>());
  return page;
}

}  // namespace bailiwick
