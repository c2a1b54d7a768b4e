// Measures agentd as a whole process against limits taken in the same run: what the same machine needs for a
// bare HTTP round trip, a 4 KB write with fdatasync, `sh -c true`, and curl. Prints medians and ratios; fails
// only if agentd does.
//
//   bench AGENTD [FOLDER]      FOLDER: where to work; its file system is what is measured (default: a new one
//   in /tmp). With AGENTD_TEST_ENCRYPTED=1 all is kept encrypted.

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "core/os/system_clock.h"
#include "core/store/sqlite_notes.h"
#include "tests/bench/server.h"
#include "tests/support/run_ground.h"
#include "tests/support/story.h"

extern char** environ;

using namespace agentd;
namespace fs = std::filesystem;

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

enum class Errors { Shown, Hidden };

pid_t start(const std::vector<std::string>& words, Errors errors) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (errors == Errors::Hidden) posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  if (posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) std::perror(argv[0]);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

/// How long it took, in milliseconds.
double run(const std::vector<std::string>& words, Server* server = nullptr, Errors errors = Errors::Shown) {
  const double began = now_ms();
  const pid_t pid = start(words, errors);
  if (server != nullptr) server->watch(pid);
  int status = 0;
  waitpid(pid, &status, 0);
  return now_ms() - began;
}

double fdatasync_ms(const fs::path& folder) {
  const int fd = open((folder / "sync").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const std::string block(4096, 'x');
  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    const double began = now_ms();
    if (write(fd, block.data(), block.size()) < 0 || fdatasync(fd) != 0) std::perror("fdatasync");
    times.push_back(now_ms() - began);
  }
  close(fd);
  return median(times);
}

double repeat(int times, const std::vector<std::string>& words) {
  std::vector<double> all;
  for (int i = 0; i < times; ++i) all.push_back(run(words));
  return median(all);
}

/// Programs started meanwhile have one processor, and share it with the thread that starts them.
class OneProcessor {
 public:
  OneProcessor() {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++i)
      if (CPU_ISSET(i, &before_)) CPU_SET(i, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  ~OneProcessor() { sched_setaffinity(0, sizeof before_, &before_); }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  cpu_set_t before_;
};

class Bench {
 public:
  Bench(std::string agentd, fs::path folder) : agentd_(std::move(agentd)), folder_(std::move(folder)) {
    setenv("OPENAI_API_KEY", "bench", 1);
    setenv("TEST_KEY", std::string(64, '7').c_str(), 1);
    for (const char* name : {"first", "steps", "resume", "notes", "vectors"}) memory_at(folder_ / name);
  }

  void all() {
    const double sync = fdatasync_ms(folder_);
    const double shell = repeat(200, {"/bin/sh", "-c", "true"});
    const double trip = round_trip_ms(server_);
    std::printf("limits        fdatasync 4 KB %.3f ms, sh -c true %.3f ms, round trip %.3f ms\n", sync, shell,
                trip);
    first_request();
    lambda();
    steps(trip + sync + shell);
    for (const int count : {10, 1000, 10'000}) resume(count, 200);
    resume(1000, 4096);
    for (const int count : {100, 10'000, 100'000}) notes(count, sync);
    for (const std::size_t count : {10'000U, 100'000U}) vectors(count);
  }

 private:
  std::vector<std::string> command(const std::string& memory, const std::string& run) const {
    return {agentd_, "run", (folder_ / "task.yaml").string(), "--memory", (folder_ / memory).string(),
            "--run", run};
  }

  void write_task(int steps) const {
    std::ofstream(folder_ / "task.yaml")
        << "version: 1\nname: bench\ngoal: Go on.\ntools: [shell]\nlimits: {steps: " << steps
        << "}\nmodel: {provider: openai, name: m, stream: false, base_url: "
        << "'http://127.0.0.1:" << server_.port() << "/v1'}\n";
  }

  void first_request() {
    write_task(1);
    std::vector<double> ours;
    std::vector<double> curls;
    const std::string url = "http://127.0.0.1:" + std::to_string(server_.port()) + "/v1/chat/completions";
    for (int i = 0; i < 20; ++i) {
      ours.push_back(to_first_request(command("first", "r" + std::to_string(i))));
      curls.push_back(
          to_first_request({"curl", "-s", "-H", "Content-Type: application/json", "-d", "{}", url}));
    }
    curl_ms_ = median(curls);
    std::printf("first request agentd %.2f ms, curl %.2f ms: %.2f ×\n", median(ours), curl_ms_,
                median(ours) / curl_ms_);
  }

  /// A new execution environment with one processor, one event of a new run, and no event after it.
  void lambda() {
    write_task(1);
    int invocation = 0;
    Server runtime([&](int number) {
      const std::string event = R"({"task":")" + (folder_ / "task.yaml").string() + R"(","run":"l)" +
                                std::to_string(++invocation) + R"("})";
      const std::string head =
          "Lambda-Runtime-Aws-Request-Id: r\r\nLambda-Runtime-Deadline-Ms: 32503680000000\r\n";
      return number == 0   ? response_text(event, head)
             : number == 1 ? response_text("{}", "", "202 Accepted")
                           : response_text("{}", "", "500 Internal Server Error");
    });
    setenv("AWS_LAMBDA_RUNTIME_API", ("127.0.0.1:" + std::to_string(runtime.port())).c_str(), 1);
    std::vector<double> nexts;
    std::vector<double> models;
    const OneProcessor pinned;
    for (int i = 0; i < 20; ++i) {
      server_.answer_with(0);
      runtime.answer_with(0);
      const double began = now_ms();
      run({agentd_, "lambda", "--memory", (folder_ / "first").string()}, nullptr, Errors::Hidden);
      nexts.push_back(runtime.requests().front() - began);
      models.push_back(server_.requests().front() - runtime.replies().front());
    }
    std::printf(
        "lambda        one processor: start to first next %.2f ms, %.2f × curl; event to model request %.2f "
        "ms, %.2f × curl\n",
        median(nexts), median(nexts) / curl_ms_, median(models), median(models) / curl_ms_);
  }

  double to_first_request(const std::vector<std::string>& words) {
    server_.answer_with(0);
    const double began = now_ms();
    run(words);
    return server_.requests().front() - began;
  }

  void steps(double limit) {
    constexpr int kSteps = 200;
    write_task(kSteps + 1);
    server_.answer_with(kSteps);
    const double took = run(command("steps", "s"), &server_);
    std::vector<double> gaps;
    for (std::size_t i = 1; i < server_.requests().size(); ++i)
      gaps.push_back(server_.requests()[i] - server_.replies()[i - 1]);
    const double disk = static_cast<double>(fs::file_size(memory_at(folder_ / "steps").run("s").journal()));
    std::printf(
        "step          %.3f ms from reply to next request: %.2f × (round trip + fdatasync + sh); first 20: "
        "%.3f, last 20: %.3f\n",
        median(gaps), median(gaps) / limit, median({gaps.begin(), gaps.begin() + 20}),
        median({gaps.end() - 20, gaps.end()}));
    std::printf("              %d steps %.0f ms, %.1f MB RSS, %.0f bytes on disk a step\n", kSteps, took,
                server_.peak_rss_mb(), disk / kSteps);
  }

  /// A journal of that many steps, each with a result of that many bytes, then one more reply.
  void resume(int count, std::size_t bytes) {
    write_task(count + 100);
    const std::string id = "n" + std::to_string(count) + "-" + std::to_string(bytes);
    server_.answer_with(0);
    run(command("resume", id + "-seed"));
    const double payload = forge(id, count, bytes);
    server_.answer_with(0);
    const double began = now_ms();
    run({agentd_, "resume", id, "--memory", (folder_ / "resume").string(), "--max-steps",
         std::to_string(count + 100)},
        &server_);
    const double disk = static_cast<double>(fs::file_size(memory_at(folder_ / "resume").run(id).journal()));
    std::printf(
        "resume        %6d steps of %4zu bytes: %.1f ms to the request, %.1f MB RSS, disk %.2f × payload\n",
        count, bytes, server_.requests().empty() ? -1 : server_.requests().front() - began,
        server_.peak_rss_mb(), disk / payload);
  }

  /// A namespace of that many notes of some 140 bytes; each call opens and closes it.
  void notes(int count, double sync) {
    const MemoryDir memory = memory_at(folder_ / "notes");
    const std::string name = "n" + std::to_string(count);
    SystemClock clock;
    const FakeStop stop;
    const auto notes = make_sqlite_notes(memory, name, clock, stop);
    std::mt19937 random(7);
    notes->together([&] {
      for (int i = 0; i < count; ++i) notes->save({.text = note_text(random, i)}, "");
    });
    std::vector<double> saves, finds, processes;
    for (int i = 0; i < 50; ++i) {
      saves.push_back(took([&] { notes->save({.text = note_text(random, count + i)}, ""); }));
      const std::string words = note_text(random, i);
      finds.push_back(took([&] { notes->find({.words = words}); }));
      processes.push_back(
          run({agentd_, "memory", "search", words, "--namespace", name, "--memory", memory.path().string()}));
    }
    const double disk =
        static_cast<double>(fs::file_size(memory.path() / "memory" / (memory.file_name(name) + ".db")));
    std::printf(
        "notes         %6d: saved in %.2f ms = %.1f × fdatasync, found in %.2f ms, from process start %.2f "
        "ms; "
        "%.0f bytes each\n",
        count, median(saves), median(saves) / sync, median(finds), median(processes), disk / count);
  }

  using Vectors = std::vector<std::vector<float>>;

  /// As texts lie: around 2,000 middles, some of which have most of them, apart in few directions more than
  /// in the others.
  static Vectors some_vectors(std::mt19937& random, std::size_t count, std::size_t dimensions) {
    std::normal_distribution<float> normal;
    const auto several = [&](std::size_t number, float mean) {
      Vectors vectors(number, std::vector<float>(dimensions));
      for (auto& vector : vectors)
        for (float& value : vector) value = mean + normal(random);
      return vectors;
    };
    const Vectors middles = several(2000, 0.5F), directions = several(16, 0);
    Vectors vectors = several(count, 0);
    for (auto& vector : vectors) {
      const double part = static_cast<double>(random() % 10'000) / 10'000;
      const auto& middle = middles[static_cast<std::size_t>(part * part * 2000)];
      for (std::size_t i = 0; i < dimensions; ++i) vector[i] = middle[i] + 0.5F * vector[i];
      for (const auto& direction : directions) {
        const float along = 0.25F * normal(random);
        for (std::size_t i = 0; i < dimensions; ++i) vector[i] += along * direction[i];
      }
    }
    return vectors;
  }

  /// The ids of the ten nearest to one, by what the vectors are and not their codes.
  static std::vector<std::int64_t> truly_nearest(const Vectors& vectors, const std::vector<float>& to) {
    std::vector<std::pair<float, std::int64_t>> all;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
      const auto& one = vectors[i];
      const float product = std::inner_product(one.begin(), one.end(), to.begin(), 0.0F);
      const float length = std::inner_product(one.begin(), one.end(), one.begin(), 0.0F);
      all.emplace_back(-product / std::sqrt(length), static_cast<std::int64_t>(i + 1));
    }
    std::partial_sort(all.begin(), all.begin() + 10, all.end());
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 10; ++i) ids.push_back(all[static_cast<std::size_t>(i)].second);
    return ids;
  }

  /// How many of the ten nearest a search finds, and how long it takes beside reading as many bytes.
  void vectors(std::size_t count) {
    constexpr std::size_t kDimensions = 1024;
    const MemoryDir memory = memory_at(folder_ / "vectors");
    SystemClock clock;
    const FakeStop stop;
    const auto notes = make_sqlite_notes(memory, "v" + std::to_string(count), clock, stop);
    std::mt19937 random(7);
    notes->together([&] {
      for (std::size_t i = 0; i < count; ++i) notes->save({.text = "note " + std::to_string(i)}, "");
    });
    const Vectors all = some_vectors(random, count, kDimensions);
    std::vector<NoteVector> placed;
    for (std::size_t i = 0; i < count; ++i) {
      placed.push_back({static_cast<std::int64_t>(i + 1), all[i]});
      if (placed.size() < 1000 && i + 1 < count) continue;
      notes->place("space", placed);
      placed.clear();
    }
    int hits = 0;
    double first = 0;
    std::vector<double> finds;
    for (int query = 0; query < 51; ++query) {
      std::vector<float> vector = all[random() % count];
      std::normal_distribution<float> normal;
      for (float& value : vector) value += 0.3F * normal(random);
      std::vector<Note> found;
      const double time = took([&] {
        found = notes->find({.words = "zzz", .near = Nearness{"space", vector}});
      });
      (query == 0 ? first : finds.emplace_back()) = time;
      for (const std::int64_t id : truly_nearest(all, vector))
        hits += static_cast<int>(
            std::count_if(found.begin(), found.end(), [&](const Note& note) { return note.id == id; }));
    }
    const std::vector<std::uint64_t> bytes(count * kDimensions / 8, 1);
    std::vector<double> reads;
    for (int i = 0; i < 5; ++i)
      reads.push_back(took([&] { sum_ += std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0}); }));
    std::printf(
        "vectors       %6zu × %zu: the first search %.0f ms, then %.2f ms = %.1f × a read of the bytes, "
        "recall@10 %.3f\n",
        count, kDimensions, first, median(finds), median(finds) / median(reads), hits / 510.0);
  }

  template <class Work>
  static double took(const Work& work) {
    const double began = now_ms();
    work();
    return now_ms() - began;
  }

  /// Twenty words, some common, most not.
  static std::string note_text(std::mt19937& random, int number) {
    std::string text = "note " + std::to_string(number);
    for (int i = 0; i < 18; ++i) {
      const double part = static_cast<double>(random() % 10'000) / 10'000;
      text += " word" + std::to_string(static_cast<int>(part * part * part * 20'000));
    }
    return text;
  }

  /// Continues the first event of the seed run, so that the task is one that agentd itself wrote. Returns its
  /// payload.
  double forge(const std::string& id, int count, std::size_t bytes) const {
    const MemoryDir memory = memory_at(folder_ / "resume");
    const RunPaths paths = memory.make_run(id);
    SystemClock clock;
    FakeStop stop;
    const auto owner = Ownership::acquire(paths, 0, clock, stop);
    const auto journal = open_journal(paths);
    double payload = 0;
    Story story;
    std::size_t written = 0;
    const auto tell = [&](Event event) {
      story.tell(std::move(event));
      const Record& record = story.records()[written++];
      journal->append(record);
      payload += static_cast<double>(to_json(record).size());
    };
    RunStarted first;
    read_first(memory.run(id + "-seed"), first);
    first.run = id;
    tell(first);
    tell(an_invocation());
    for (int i = 1; i <= count; ++i) {
      tell(a_reply({{"call_" + std::to_string(i), "shell", R"({"command":"true"})"}}));
      tell(ToolStarted{{i, 1}, "shell"});
      tell(a_result({i, 1}, std::string(bytes, 'x')));
    }
    journal->commit();
    return payload;
  }

  static void read_first(const RunPaths& paths, RunStarted& first) {
    SystemClock clock;
    FakeStop stop;
    const auto owner = Ownership::acquire(paths, 0, clock, stop);
    open_journal(paths)->read([&](const Record& record) {
      if (const auto* start = std::get_if<RunStarted>(&record.event)) first = *start;
    });
  }

  std::string agentd_;
  fs::path folder_;
  Server server_;
  double curl_ms_ = 0;
  std::uint64_t sum_ = 0;  ///< of what was read: nothing is left out as useless
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench AGENTD [FOLDER]\n");
    return 2;
  }
  char name[] = "/tmp/agentd-bench.XXXXXX";
  const fs::path folder = argc > 2 ? fs::path(argv[2]) : fs::path(mkdtemp(name));
  fs::create_directories(folder);
  Bench(argv[1], folder).all();
  if (argc <= 2) fs::remove_all(folder);
}
