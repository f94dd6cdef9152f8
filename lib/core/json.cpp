// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/json.hpp"

#include <set>
#include <vector>

namespace bailiwick {

namespace {

/// Hears a document before a value is made of it. (A callback of the library's own parser would do,
/// but then its time grows with the square of the objects in a list.)
class Listener : public nlohmann::json_sax<Json> {
 public:
  Listener(const std::string& what, ExitCode code) : what_(what), code_(code) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }

  bool start_object(std::size_t) override {
    descend();
    keys_.emplace_back();
    return true;
  }
  bool key(string_t& name) override {
    if (!keys_.back().insert(name).second)
      throw Error(code_, "{}: member \"{}\" occurs twice", what_, printable(name));
    return true;
  }
  bool end_object() override {
    keys_.pop_back();
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    descend();
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t byte, const std::string&,
                   const nlohmann::detail::exception& error) override {
    if (dynamic_cast<const Json::parse_error*>(&error) == nullptr)
      throw Error(code_, "{}: a number is too large for JSON", what_);
    throw Error(code_, "{}: not valid JSON near byte {}", what_, byte);
  }

 private:
  void descend() {
    if (++depth_ > deepest_json)
      throw Error(code_, "{}: lists and objects nested more than {} deep", what_, deepest_json);
  }

  const std::string& what_;
  ExitCode code_;
  int depth_ = 0;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open, the innermost last
};

}  // namespace

Json parse_json(std::string_view text, const std::string& what, ExitCode code) {
  Listener listener(what, code);
  Json::sax_parse(text, &listener);
  return Json::parse(text);
}

}  // namespace bailiwick
