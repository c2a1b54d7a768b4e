#include "cli/person.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>

#include "cli/narrate.h"
#include "core/text.h"

namespace agentd {

namespace {

const CallState* first_waiting(const State& state) {
  const auto found = std::find_if(state.calls.begin(), state.calls.end(), needs_person);
  return found == state.calls.end() ? nullptr : &*found;
}

bool is_question(const CallState& call) {
  return call.status == CallStatus::Asking;
}

void print_prompt(const State& state, const CallState& call) {
  const std::string id = (state.parent.empty() ? "" : state.run + " ") + to_string(call.id);
  if (is_question(call))
    std::cerr << "[" << id << "] " << printable(call.question) << "\nyour answer> " << std::flush;
  else
    std::cerr << "[" << id << "] " << one_line(call.call.name) << " " << printable(call.call.arguments)
              << "\nallow this call? [y]es, [n]o, or why not> " << std::flush;
}

/// A process in the background would be stopped for reading.
bool is_in_front() {
  const pid_t front = ::tcgetpgrp(STDIN_FILENO);
  return front < 0 || front == ::getpgrp();
}

/// Anything that is neither yes nor no is the reason for a no.
Letter decision_of(const CallState& call, const std::string& line) {
  if (line == "y" || line == "Y" || line == "yes") return {"", Letter::Kind::Approve, "", call.id};
  const bool is_plain = line == "n" || line == "N" || line == "no";
  return {"", Letter::Kind::Deny, is_plain ? "" : line, call.id};
}

}  // namespace

PersonHere::PersonHere(const Args& args)
    : says_yes_(args.yes),
      is_at_terminal_(!args.quiet && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {}

bool PersonHere::can_answer(const State& state) const {
  const CallState* call = first_waiting(state);
  return call != nullptr && ((is_at_terminal_ && is_in_front()) || (says_yes_ && !is_question(*call)));
}

std::vector<Letter> PersonHere::ask(const State& state, const Stop& stop) {
  const CallState* call = first_waiting(state);
  if (call == nullptr) return {};
  if (says_yes_ && !is_question(*call)) return {{"", Letter::Kind::Approve, "", call->id}};
  constexpr int kPauseMs = 500;
  std::unique_lock lock(mutex_);
  const bool is_asked = put_on_screen(state, *call);
  if (!is_asked) lock.unlock();
  std::array<pollfd, 2> polls = {{{stop.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  const bool has_come = ::poll(polls.data(), is_asked ? 2 : 1, kPauseMs) > 0;
  if (!is_asked) return {};
  waited_for_ = std::chrono::steady_clock::now();
  if (!has_come || polls[1].revents == 0) return {};
  const std::optional<Letter> reply = read_reply(*call);
  return reply ? std::vector<Letter>{*reply} : std::vector<Letter>{};
}

bool PersonHere::is_asking() const {
  constexpr std::chrono::seconds kGivenUp(3);
  return std::chrono::steady_clock::now() - waited_for_.load() < kGivenUp;
}

/// False: another question stands there, and somebody waits for its reply.
bool PersonHere::put_on_screen(const State& state, const CallState& call) {
  const std::string id = state.run + " " + to_string(call.id);
  if (asked_ == id) return true;
  const bool is_of_another = !asked_.empty() && !asked_.starts_with(state.run + " ");
  if (is_of_another && is_asking()) return false;
  print_prompt(state, call);
  asked_ = id;
  waited_for_ = std::chrono::steady_clock::now();
  return true;
}

/// An empty line is no reply; the end of the input sends the person away.
std::optional<Letter> PersonHere::read_reply(const CallState& call) {
  std::array<char, 4096> buffer;
  const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (got <= 0) {
    is_at_terminal_ = false;
    return std::nullopt;
  }
  typed_.append(buffer.data(), static_cast<std::size_t>(got));
  const std::size_t end = typed_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  const std::string line(trimmed(std::string_view(typed_).substr(0, end)));
  typed_.erase(0, end + 1);
  asked_.clear();
  waited_for_ = std::chrono::steady_clock::time_point();
  if (line.empty()) return std::nullopt;
  if (is_question(call)) return Letter{"", Letter::Kind::Say, line};
  return decision_of(call, line);
}

}  // namespace agentd
