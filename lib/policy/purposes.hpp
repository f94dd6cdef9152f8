// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick {

/// A purpose of DPV 2 ("dpv:ScientificResearch"), a primary category of DUO ("DUO:0000042"), or a
/// term of one's own, an absolute IRI with "urn:" or "://". Other terms of DPV and DUO are not
/// purposes. What a prefix stands for may be written out:
/// "https://w3id.org/dpv#ScientificResearch".
bool is_purpose(const std::string& text);

/// What to write instead of a text that is no purpose.
std::string purpose_form(const std::string& text);

/// True if `purpose` is `area` or a narrower term of it by DPV's or DUO's own hierarchy. A term of
/// one's own has no narrower ones; spellings of one IRI are one.
bool is_within(const std::string& purpose, const std::string& area);

/// The same for what forbids: a term of one's own that could be taken for the area, or for
/// something below it, is within.
bool may_be_within(const std::string& purpose, const std::string& area);

}  // namespace bailiwick
