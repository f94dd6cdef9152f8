// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/predict/writer.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

constexpr const char* csv_ending = ".csv";
/// Not .h5, which chains know as models.
constexpr const char* hdf5_ending = ".hdf5";

class CsvWriter : public PredictionWriter {
 public:
  CsvWriter(const std::string& path, io::PredictionLayout layout)
      : layout_(std::move(layout)), file_(path, Readers::owner) {
    text_ = fmt::format("row,{}{}{}\n", layout_.id_bytes > 0 ? "id," : "",
                        layout_.splits.empty() ? "" : "split,", join(layout_.columns, ","));
    for (const std::string& split : layout_.splits)
      splits_.push_back(csv_field(split));
  }

  void write(const io::PredictedRows& rows) override {
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      put(rows.first + r);
      if (!rows.ids.empty()) (text_ += ',') += csv_field(rows.ids[r]);
      if (!rows.splits.empty()) (text_ += ',') += splits_[rows.splits[r]];
      for (const std::vector<double>& column : rows.columns) {
        text_ += ',';
        if (!std::isnan(column[r])) put(column[r]);
      }
      text_ += '\n';
      if (text_.size() >= enough) flush();
    }
  }

  void publish() override {
    flush();
    file_.publish();
  }

 private:
  static constexpr std::size_t enough = std::size_t{1} << 20;

  /// As round_trip(), in place: most of the time goes here.
  void put(auto number) {
    char digits[32];
    text_.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }

  void flush() {
    file_.write(text_);
    text_.clear();
  }

  io::PredictionLayout layout_;
  OutputFile file_;
  std::string text_;
  std::vector<std::string> splits_;
};

class Hdf5Writer : public PredictionWriter {
 public:
  Hdf5Writer(const std::string& path, io::PredictionLayout layout, std::uint64_t rows_at_once)
      : file_(path, std::move(layout), rows_at_once) {}

  void write(const io::PredictedRows& rows) override { file_.write(rows); }
  void publish() override { file_.publish(); }

 private:
  io::PredictionFile file_;
};

}  // namespace

std::string prediction_ending(PredictionFormat format) {
  return format == PredictionFormat::csv ? csv_ending : hdf5_ending;
}

bool is_prediction_name(std::string_view name) {
  for (const std::string_view ending : {csv_ending, hdf5_ending})
    if (name.size() > ending.size() && name.ends_with(ending))
      return name.find('/') == std::string_view::npos;
  return false;
}

std::unique_ptr<PredictionWriter> make_prediction_writer(PredictionFormat format,
                                                         const std::string& path,
                                                         io::PredictionLayout layout,
                                                         std::uint64_t rows_at_once) {
  if (format == PredictionFormat::csv) return std::make_unique<CsvWriter>(path, std::move(layout));
  return std::make_unique<Hdf5Writer>(path, std::move(layout), rows_at_once);
}

}  // namespace bailiwick
