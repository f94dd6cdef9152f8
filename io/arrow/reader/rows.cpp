// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <exception>

#include "io/arrow/arrow_file.hpp"
#include "io/arrow/reader/cell.hpp"
#include "io/csv/csv.hpp"
#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick::io {

namespace {

constexpr std::int64_t batch_rows = 4096;

/// Batches of a file, one after another.
class Batches {
 public:
  virtual ~Batches() = default;
  virtual std::shared_ptr<arrow::Schema> schema() = 0;
  /// Null at the end.
  virtual std::shared_ptr<arrow::RecordBatch> next() = 0;
  /// Share of the file that was handed out.
  virtual double done() const = 0;
};

void check(const arrow::Status& status) {
  if (!status.ok()) throw std::runtime_error(status.message());
}

template <class T>
T value_of(arrow::Result<T> result) {
  check(result.status());
  return std::move(result).ValueUnsafe();
}

class ParquetBatches final : public Batches {
 public:
  explicit ParquetBatches(std::shared_ptr<arrow::io::RandomAccessFile> file) {
    parquet::arrow::FileReaderBuilder builder;
    parquet::ReaderProperties pages;
    pages.enable_buffered_stream();  // page by page: a group of rows may be larger than memory
    check(builder.Open(std::move(file), pages));
    parquet::ArrowReaderProperties properties;
    properties.set_batch_size(batch_rows);
    properties.set_pre_buffer(false);
    properties.set_use_threads(false);
    reader_ = value_of(builder.properties(properties)->Build());
    rows_ = reader_->parquet_reader()->metadata()->num_rows();
    batches_ = value_of(reader_->GetRecordBatchReader());
  }
  std::shared_ptr<arrow::Schema> schema() override { return batches_->schema(); }
  std::shared_ptr<arrow::RecordBatch> next() override {
    std::shared_ptr<arrow::RecordBatch> batch;
    check(batches_->ReadNext(&batch));
    if (batch) read_ += batch->num_rows();
    return batch;
  }
  double done() const override {
    return rows_ > 0 ? static_cast<double>(read_) / static_cast<double>(rows_) : 1;
  }

 private:
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::int64_t rows_ = 0, read_ = 0;
};

class IpcBatches final : public Batches {
 public:
  explicit IpcBatches(const std::shared_ptr<arrow::io::RandomAccessFile>& file)
      : reader_(value_of(arrow::ipc::RecordBatchFileReader::Open(file))) {}
  std::shared_ptr<arrow::Schema> schema() override { return reader_->schema(); }
  std::shared_ptr<arrow::RecordBatch> next() override {
    if (read_ == reader_->num_record_batches()) return nullptr;
    auto batch = value_of(reader_->ReadRecordBatch(read_++));
    check(batch->ValidateFull());  // its lengths and indices are whatever the file says
    return batch;
  }
  double done() const override {
    const int all = reader_->num_record_batches();
    return all > 0 ? static_cast<double>(read_) / all : 1;
  }

 private:
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> reader_;
  int read_ = 0;
};

class ArrowRows final : public RowReader {
 public:
  explicit ArrowRows(std::string path) : path_(std::move(path)) {
    guarded([&] {
      InputFile input(path_);  // a regular file, or it says what it is
      size_ = input.size();
      char first = 0;
      input.read(std::as_writable_bytes(std::span(&first, 1)));
      auto file = value_of(arrow::io::ReadableFile::Open(path_));
      if (first == 'P')
        batches_ = std::make_unique<ParquetBatches>(std::move(file));
      else
        batches_ = std::make_unique<IpcBatches>(file);
      for (const auto& field : batches_->schema()->fields()) {
        names_.push_back(field->name());
        columns_.push_back({detail::form_of(*field->type()), field->type()->ToString()});
      }
    });
    fields_.resize(names_.size());
    ends_.resize(names_.size());
  }

  const std::vector<std::string>& names() const { return names_; }

  bool next() override {
    while (!batch_ || row_ + 1 >= batch_->num_rows()) {
      guarded([&] { batch_ = batches_->next(); });
      row_ = -1;
      if (!batch_) return false;
    }
    ++row_;
    ++line_;
    cells_.clear();
    for (int i = 0; i < batch_->num_columns(); ++i) {
      detail::append_cell(*batch_->column(i), row_, cells_);
      ends_[static_cast<std::size_t>(i)] = cells_.size();
    }
    for (std::size_t i = 0, begin = 0; i < ends_.size(); begin = ends_[i++])
      fields_[i] = std::string_view(cells_).substr(begin, ends_[i] - begin);
    return true;
  }

  const std::vector<std::string_view>& fields() const override { return fields_; }
  const std::vector<bool>& quoted() const override { return quoted_; }
  const std::vector<TypedColumn>& columns() const override { return columns_; }
  std::string_view text() const override {
    text_.clear();
    for (const std::string_view& field : fields_) {
      if (&field != &fields_.front()) text_ += ',';
      text_ += csv_field(field);
    }
    return text_;
  }
  bool well_quoted() const override { return true; }
  std::uint64_t line() const override { return line_; }
  std::uint64_t bytes_read() const override {
    return static_cast<std::uint64_t>(static_cast<double>(size_) * batches_->done());
  }
  Digest finish() override { return sha256_file(path_); }

 private:
  /// Arrow tells by return values, Parquet by exceptions of its own too.
  template <class Action>
  void guarded(const Action& action) const {
    try {
      action();
    } catch (const Error&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      const std::string reason = error.what();
      throw Error(ExitCode::data, "{}: cannot read{}: {}", path_,
                  line_ > 0 ? fmt::format(" after row {}", line_) : "",
                  reason.substr(0, reason.find('\n')));
    }
  }

  std::string path_;
  std::uint64_t size_ = 0, line_ = 0;
  std::unique_ptr<Batches> batches_;
  std::vector<std::string> names_;
  std::vector<TypedColumn> columns_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::int64_t row_ = -1;
  std::string cells_;  ///< of the row, one behind another
  std::vector<std::size_t> ends_;
  std::vector<std::string_view> fields_;
  std::vector<bool> quoted_;
  mutable std::string text_;
};

}  // namespace

}  // namespace bailiwick::io

extern "C" {
bailiwick::io::detail::OpenArrowRows bailiwick_open_arrow_rows;
}

void bailiwick_open_arrow_rows(const std::string& path, bailiwick::io::ArrowTable& table) {
  auto rows = std::make_unique<bailiwick::io::ArrowRows>(path);
  table.header = rows->names();
  table.rows = std::move(rows);
}
