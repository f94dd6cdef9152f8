// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/json.hpp"

#include <utility>
#include <vector>

#include "lib/core/names.hpp"

namespace bailiwick {

namespace {

/// Makes a value of what the parser reads, unless it is nested too deep or gives a member twice.
/// (A callback of the library's own would do, but then its time grows with the square of the
/// objects in a list.)
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(const std::string& what, ExitCode code) : what_(what), code_(code) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& value) override { return add(std::move(value)); }
  bool start_object(std::size_t) override { return descend(Json::object()); }
  bool end_object() override { return ascend(); }
  bool start_array(std::size_t) override { return descend(Json::array()); }
  bool end_array() override { return ascend(); }

  bool key(string_t& name) override {
    const auto [member, is_new] = open_.back()->get_ref<Json::object_t&>().try_emplace(name);
    if (!is_new) throw Error(code_, "{}: member \"{}\" occurs twice", what_, printable(name));
    member_ = &member->second;
    return true;
  }

  bool parse_error(std::size_t byte, const std::string&,
                   const nlohmann::detail::exception& error) override {
    if (dynamic_cast<const Json::parse_error*>(&error) == nullptr)
      throw Error(code_, "{}: a number is too large for JSON", what_);
    throw Error(code_, "{}: not valid JSON near byte {}", what_, byte);
  }

  Json take() { return std::move(root_); }

 private:
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  bool descend(Json empty) {
    open_.push_back(&place(std::move(empty)));
    if (open_.size() > deepest_json)
      throw Error(code_, "{}: lists and objects nested more than {} deep", what_, deepest_json);
    return true;
  }
  bool ascend() {
    open_.pop_back();
    return true;
  }

  /// Where the next value belongs. A list moves its items as it grows, but grows only while none of
  /// them is open.
  Json& place(Json value) {
    if (open_.empty()) return root_ = std::move(value);
    if (open_.back()->is_object()) return *member_ = std::move(value);
    open_.back()->push_back(std::move(value));
    return open_.back()->back();
  }

  const std::string& what_;
  ExitCode code_;
  Json root_;
  std::vector<Json*> open_;  // lists and objects, the innermost last
  Json* member_ = nullptr;   // of the innermost object, named and still without a value
};

/// Printable but for ends of lines and tabs.
bool is_prose(std::string_view text) {
  for (;;) {
    const std::size_t end = text.find_first_of("\n\t");
    if (!is_printable(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Json parse_json(std::string_view text, const std::string& what, ExitCode code) {
  // The parser would take a NUL for the end, and skip a byte order mark.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    throw Error(code, "{}: not valid JSON near byte {}", what, nul + 1);
  if (text.starts_with("\xEF\xBB\xBF"))
    throw Error(code, "{}: begins with a byte order mark, which JSON has not", what);
  Builder builder(what, code);
  Json::sax_parse(text, &builder);
  return builder.take();
}

void check_texts(const Json& json, const std::string& what, ExitCode code) {
  const auto check = [&](const std::string& text) {
    if (!is_prose(text))
      throw Error(code, "{}: holds a control character: \"{}\"", what,
                  printable(text.substr(0, 80)));
  };
  if (json.is_string()) check(json.get_ref<const std::string&>());
  if (json.is_array())
    for (const Json& item : json)
      check_texts(item, what, code);
  if (json.is_object())
    for (const auto& [name, value] : json.get_ref<const Json::object_t&>()) {
      check(name);
      check_texts(value, what, code);
    }
}

}  // namespace bailiwick
