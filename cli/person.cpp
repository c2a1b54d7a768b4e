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

void print_prompt(const CallState& call) {
  const std::string id = to_string(call.id);
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

bool AlwaysYes::can_answer(const State& state) const {
  const CallState* call = first_waiting(state);
  return call != nullptr && !is_question(*call);
}

std::vector<Letter> AlwaysYes::ask(const State& state, const Stop&) {
  if (!can_answer(state)) return {};
  return {{"", Letter::Kind::Approve, "", first_waiting(state)->id}};
}

PersonHere::PersonHere(const Args& args)
    : says_yes_(args.yes),
      is_at_terminal_(!args.quiet && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {}

bool PersonHere::can_answer(const State& state) const {
  const CallState* call = first_waiting(state);
  return call != nullptr && ((is_at_terminal_ && is_in_front()) || (says_yes_ && yes_.can_answer(state)));
}

std::vector<Letter> PersonHere::ask(const State& state, const Stop& stop) {
  const CallState* call = first_waiting(state);
  if (call == nullptr) return {};
  if (says_yes_ && yes_.can_answer(state)) return yes_.ask(state, stop);
  if (const std::string id = to_string(call->id); id != asked_) {
    print_prompt(*call);
    asked_ = id;
  }
  std::array<pollfd, 2> polls = {{{STDIN_FILENO, POLLIN, 0}, {stop.fd(), POLLIN, 0}}};
  constexpr int kPauseMs = 1000;
  if (::poll(polls.data(), polls.size(), kPauseMs) <= 0 || polls[0].revents == 0) return {};
  const std::optional<Letter> reply = read_reply(*call);
  return reply ? std::vector<Letter>{*reply} : std::vector<Letter>{};
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
  if (line.empty()) return std::nullopt;
  if (is_question(call)) return Letter{"", Letter::Kind::Say, line};
  return decision_of(call, line);
}

}  // namespace agentd
