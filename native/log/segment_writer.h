// Writes one segment: its header when it is made, batches one behind the other, durable marks.
// When to flush and when to go on to the next segment is the engine's decision.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "daybook/env.h"
#include "log/segment_format.h"

namespace daybook {

class SegmentWriter {
 public:
  // Makes the file, flushed with its name; a file of that name is a leftover and goes. Its first
  // `written_before` bytes are filled with zeros: flushing into written blocks costs half of flushing
  // into a growing file. `go_on` is asked now and then; false gives up with kClosed.
  static Status Create(Env* env, const std::string& directory, const SegmentHeader& header,
                       uint64_t written_before, std::unique_ptr<SegmentWriter>* writer,
                       const std::function<bool()>& go_on = nullptr);
  // The same over the blocks of the file `old`, which is of use to nobody any more. Old batches name
  // another segment, so they never parse.
  static Status Recycle(Env* env, const std::string& directory, const std::string& old,
                        const SegmentHeader& header, std::unique_ptr<SegmentWriter>* writer);
  // Goes on behind `offset` in a file that is there.
  static Status Continue(Env* env, const std::string& directory, uint64_t segment, uint64_t offset,
                         std::unique_ptr<SegmentWriter>* writer);

  // Where the next batch begins.
  [[nodiscard]] uint64_t next_offset() const { return AlignToSector(end_); }
  [[nodiscard]] uint64_t segment() const { return segment_; }
  [[nodiscard]] uint64_t end() const { return end_; }
  [[nodiscard]] bool empty() const { return end_ == kSegmentDataOffset; }
  // Bytes of the file that were written before; batches may go further.
  [[nodiscard]] uint64_t written_before() const { return written_before_; }
  [[nodiscard]] const std::shared_ptr<File>& file() const { return file_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  // Writes a batch at next_offset(), not flushed. On failure what was written of it is undone, and
  // the undoing flushed; if that fails too, `*clean` is false and nobody knows what stands there.
  // At least `ahead` bytes behind the batch are written too, so that they can be used on a full disk.
  Status Append(std::span<const std::byte> batch, bool* clean, uint64_t ahead = 0);
  Status Sync() { return file_->Sync(); }

  // Writes and flushes both copies of the mark, one after the other.
  Status WriteMark(const LogIdentity& identity, const DurableMark& mark);

 private:
  SegmentWriter(std::shared_ptr<File> file, std::string path, uint64_t segment, uint64_t end,
                uint64_t written_before)
      : file_(std::move(file)),
        path_(std::move(path)),
        segment_(segment),
        end_(end),
        written_before_(written_before) {}

  Status WriteAhead(uint64_t behind, uint64_t ahead, uint64_t* filled);
  Status Undo(uint64_t offset);

  std::shared_ptr<File> file_;
  std::string path_;
  uint64_t segment_;
  uint64_t end_;  // of the last batch
  uint64_t written_before_;
};

}  // namespace daybook
