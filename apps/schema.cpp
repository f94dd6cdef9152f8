// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>
#include <map>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/config/schema.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/ingest/config.hpp"
#include "lib/line/config.hpp"
#include "lib/policy/policy_yaml.hpp"
#include "lib/policy/trust_yaml.hpp"
#include "lib/run/site_yaml.hpp"

namespace bailiwick {

int command_schema(const Arguments& arguments) {
  Options options("schema FORMAT [options]",
                  "Prints every key that a YAML file may have, with type, default and meaning.\n"
                  "FORMAT is run, ingest, line, policy, site or trust. Needs no MPI.",
                  "docs/configuration.md");
  options.add()("json", "as JSON Schema (draft 2020-12), for editors");
  options.add()("markdown", "as tables in Markdown");
  if (!options.parse(arguments.words)) return 0;
  const std::map<std::string, std::function<OrderedJson()>> schemas = {
      {"run", [] { return run_schema(config_language()); }},
      {"ingest", ingest_schema},
      {"line", line_schema},
      {"policy", policy_schema},
      {"site", site_schema},
      {"trust", trust_schema}};
  const std::string name = options.text("FORMAT");
  std::vector<std::string> names;
  for (const auto& [known, schema] : schemas)
    names.push_back(known);
  if (!schemas.contains(name))
    throw Error(ExitCode::usage, "unknown format \"{}\"; there are: {}{}", name, join(names),
                did_you_mean(name, names));
  if (options.has("json") == options.has("markdown"))
    throw Error(ExitCode::usage, "schema {}: give either --json or --markdown", name);
  const OrderedJson schema = schemas.at(name)();
  std::cout << (options.has("json") ? to_json_schema(schema, "bailiwick " + name)
                                    : to_markdown(schema));
  return 0;
}

}  // namespace bailiwick
