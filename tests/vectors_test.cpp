#include "core/vectors.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "core/signs.h"
#include "core/store/vector_table.h"
#include "tests/support/catch.h"

using namespace agentd;

namespace {

std::vector<float> random_vector(std::mt19937& random, std::size_t dimensions) {
  std::normal_distribution<float> normal;
  std::vector<float> vector(dimensions);
  for (float& value : vector) value = normal(random);
  return vector;
}

}  // namespace

TEST_CASE("The nearest codes are those of the nearest vectors", "[vectors]") {
  const std::size_t dimensions = GENERATE(1u, 3u, 31u, 32u, 100u, 1024u);
  std::mt19937 random(7);
  std::string codes;
  std::vector<std::vector<float>> vectors;
  for (int i = 0; i < 300; ++i) {
    vectors.push_back(random_vector(random, dimensions));
    codes += code_of(vectors.back());
  }
  REQUIRE(codes.size() == 300 * code_size(dimensions));
  for (int i : {0, 17, 299}) {
    std::vector<float> near = vectors[static_cast<std::size_t>(i)];
    for (float& value : near) value *= 5;
    NearestCodes nearest(near, 3);
    nearest.look(std::string_view(codes).substr(0, 100 * code_size(dimensions)), 0);
    nearest.look(std::string_view(codes).substr(100 * code_size(dimensions)), 100);
    const auto found = nearest.found();
    REQUIRE(found.size() == 3);
    CHECK(std::abs(found[0].likeness - 1) < 0.02);
    if (dimensions > 3) CHECK(found[0].id == i);
    CHECK(
        std::is_sorted(found.begin(), found.end(), [](auto& a, auto& b) { return a.likeness > b.likeness; }));
  }
  NearestCodes some(vectors[5], 10, [](std::int64_t id) { return id % 100 == 5; });
  some.look(codes, 0);
  CHECK(some.found().size() == 3);
}

TEST_CASE("What is no vector is near to none", "[vectors]") {
  const float nan = std::numeric_limits<float>::quiet_NaN(),
              infinity = std::numeric_limits<float>::infinity();
  for (const std::vector<float>& none :
       std::vector<std::vector<float>>{{0, 0}, {nan, 1}, {infinity, 1}, {-infinity, 0}}) {
    const std::string code = code_of(none);
    CHECK(code == std::string(code_size(2), '\0'));
    NearestCodes nearest(std::vector<float>{1, 0}, 5);
    nearest.look(code, 1);
    nearest.look(code_of(std::vector<float>{-1e30F, 1e-30F}), 2);
    REQUIRE(nearest.found().size() == 1);
    CHECK(nearest.found()[0].id == 2);
    CHECK(nearest.found()[0].likeness == -1.0F);
  }
  NearestCodes nearest(std::vector<float>{}, 5);
  nearest.look("", 1);
  CHECK(nearest.found().empty());
}

TEST_CASE("Signs say which values of a code are above the middle", "[vectors]") {
  const std::size_t dimensions = GENERATE(1u, 15u, 16u, 33u, 64u, 100u, 1024u);
  std::mt19937 random(3);
  std::string codes;
  for (int i = 0; i < 9; ++i) codes += code_of(random_vector(random, dimensions));
  codes += std::string(code_size(dimensions), '\0');
  const std::string middle = middle_of(codes, dimensions);
  REQUIRE(middle.size() == dimensions);
  const std::size_t words = sign_words(dimensions);
  std::vector<std::uint64_t> signs(10 * words);
  for (std::size_t i = 0; i < 10; ++i) {
    const auto code = std::string_view(codes).substr(i * code_size(dimensions), code_size(dimensions));
    const auto bits = std::span(signs).subspan(i * words, words);
    put_signs(code, middle, bits);
    for (std::size_t d = 0; d < dimensions; ++d) {
      const bool is_above =
          static_cast<signed char>(values_of(code)[d]) > static_cast<signed char>(middle[d]);
      REQUIRE((bits[d / 64] >> (d % 64) & 1) == (is_above ? 1U : 0U));
    }
  }
  std::vector<std::uint16_t> counts(10);
  count_differences(signs, std::span(signs).first(words), counts);
  for (std::size_t i = 0; i < 10; ++i) {
    int count = 0;
    for (std::size_t word = 0; word < words; ++word)
      count += std::popcount(signs[i * words + word] ^ signs[word]);
    CHECK(counts[i] == count);
  }
  CHECK(middle_of(std::string(code_size(4), '\0'), 4) == std::string(4, '\0'));
}

TEST_CASE("Among many vectors those worth a look are found by their signs", "[vectors]") {
  constexpr std::size_t kDimensions = 64, kBlocks = 300, kPlaces = 64;
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE);
  database.exec(std::string(kVectorSchema));
  database.exec("INSERT INTO space VALUES(1, 's', 64, 1000000)");
  std::mt19937 random(11);
  std::vector<std::vector<float>> vectors;
  std::string codes;
  SQLite::Statement insert(database, "INSERT INTO vector_block VALUES(1, ?, 1, ?)");
  const auto block_of = [&](std::size_t block) {
    return codes.substr(block * kPlaces * code_size(kDimensions), kPlaces * code_size(kDimensions));
  };
  for (std::size_t block = 0; block < kBlocks; ++block) {
    for (std::size_t i = 0; i < kPlaces; ++i) {
      vectors.push_back(random_vector(random, kDimensions));
      for (float& value : vectors.back()) value += 0.7F;
      if (i % 2 == 1) vectors.back().assign(kDimensions, 0);  // most have none yet
      codes += code_of(vectors.back());
    }
    insert.bind(1, static_cast<std::int64_t>(block));
    insert.bind(2, block_of(block).data(), static_cast<int>(block_of(block).size()));
    insert.exec();
    insert.reset();
  }
  VectorsInMemory memory;
  int hits = 0;
  for (const std::size_t i : {0U, 4444U, 9998U, 19198U}) {
    std::vector<float> vector = vectors[i];
    for (float& value : vector) value += std::normal_distribution<float>(0, 0.5F)(random);
    const auto found = memory.nearest(database, {"s", vector}, 10, {});
    REQUIRE(found.size() == 10);
    CHECK(found.front().id == static_cast<std::int64_t>(i));
    NearestCodes exact(vector, 10);
    exact.look(codes, 0);
    for (const Near& near : exact.found())
      hits += static_cast<int>(
          std::count_if(found.begin(), found.end(), [&](auto& one) { return one.id == near.id; }));
    const auto even =
        memory.nearest(database, {"s", vector}, 10, [](std::int64_t id) { return id % 4 == 0; });
    CHECK(std::all_of(even.begin(), even.end(), [](auto& one) { return one.id % 4 == 0; }));
    CHECK(even.size() == 10);
  }
  CHECK(hits >= 36);

  // What has changed since is read again.
  codes.replace(0, code_size(kDimensions), code_size(kDimensions), '\0');
  codes.replace(5 * code_size(kDimensions), code_size(kDimensions), code_of(vectors[0]));
  SQLite::Statement change(database, "UPDATE vector_block SET changes = 2, codes = ? WHERE block = 0");
  change.bind(1, block_of(0).data(), static_cast<int>(block_of(0).size()));
  change.exec();
  CHECK(memory.nearest(database, {"s", vectors[0]}, 10, {}).front().id == 5);
  CHECK(memory.nearest(database, {"other", vectors[0]}, 10, {}).empty());
  CHECK(memory.nearest(database, {"s", vectors[0]}, 10, {}).front().id == 5);
}
