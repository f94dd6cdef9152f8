// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace bailiwick {

/// Names of C, each once, for names of people.
class CNames {
 public:
  /// Letters, digits and "_" of the name; a number behind it where that is taken.
  std::string identifier(std::string_view name);

 private:
  std::set<std::string> taken_;
};

/// Literals that read back to the same number.
std::string c_number(double value);
std::string c_number(float value);
/// Of these bytes, in quotes.
std::string c_string(std::string_view text);
/// `static const double name[3] = {...};` behind two blanks, on lines of at most 100 characters.
std::string c_array(const std::string& name, std::span<const double> values);
std::string c_array(const std::string& name, std::span<const float> values);
std::string c_array(const std::string& name, std::span<const std::string> values);
/// A statement, on lines of at most 100 characters, broken at blanks.
std::string c_lines(std::string_view code, const std::string& begin, const std::string& next);
/// Text that ends no comment, on lines of at most 100 characters: `begin` before the first, `next`
/// before the others.
std::string c_comment(std::string_view text, const std::string& begin, const std::string& next);

}  // namespace bailiwick
