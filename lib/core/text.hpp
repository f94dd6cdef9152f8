// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bailiwick {

/// The candidate nearest to `word` by edit distance, if near enough to be a likely typo.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// ` (did you mean "x"?)` or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// Of a probability, for people: "< 2e-16" for what is smaller, `-` for what is none.
std::string p_value_text(double p, int digits = 3);

/// "a, b, c".
std::string join(std::span<const std::string> words, std::string_view separator = ", ");

/// Lines of as many texts each, in columns: the first to the left, the others to the right.
std::string aligned(std::span<const std::vector<std::string>> lines);

/// All of `text` as a finite number; none if it is not one.
std::optional<double> parse_number(std::string_view text);

/// 1402639 -> "1,402,639".
std::string with_thousands(long long value);

/// The shortest decimal text that reads back to the same double.
std::string round_trip(double value);

/// `field` as it must stand in a CSV (RFC 4180): quoted if it holds a comma, a quote or a line end.
std::string csv_field(std::string_view field);

/// A word of a shell's command line, quoted where it must be.
std::string shell_word(const std::string& text);

/// Seconds of "HH:MM:SS" or "D-HH:MM:SS", as Slurm has them, or of "0". Throws ExitCode::usage
/// naming `what`, also for the shorter forms: of a lone number Slurm would read minutes.
double parse_duration(std::string_view text, const std::string& what);

/// A whole number of zero or more. Throws ExitCode::usage naming `what`.
std::uint64_t parse_count(std::string_view text, const std::string& what);

}  // namespace bailiwick
