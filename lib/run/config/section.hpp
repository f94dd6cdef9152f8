// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <utility>

#include "lib/config/reader.hpp"
#include "lib/config/schema.hpp"
#include "lib/config/writer.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

/// The section of a stage whose settings are a T, with a schema as any other struct of a config.
/// `T::section` is its key, `T::sentence` what it means; a member `split` says which rows it is
/// about; `check_section(reader, settings, run)`, if there is one, what must hold between it and
/// the rest of the config.
template <class T>
constexpr SectionType section_type() {
  constexpr auto visit = [](auto& visitor, std::any& value) {
    visitor.key(T::section, std::any_cast<T&>(value), T::sentence);
  };
  return {T::section,
          [] { return std::any(T{}); },
          [](YamlReader& reader, std::any& value, const RunConfig& run) {
            T& settings = std::any_cast<T&>(value);
            reader.key(T::section, settings, T::sentence);
            if constexpr (requires { check_section(reader, std::as_const(settings), run); })
              check_section(reader, std::as_const(settings), run);
          },
          visit,
          visit,
          [](const std::any& value) {
            if constexpr (requires(const T& settings) { settings.split; })
              return std::any_cast<const T&>(value).split;
            else
              return std::string();
          }};
}

}  // namespace bailiwick
