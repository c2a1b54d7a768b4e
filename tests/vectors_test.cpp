#include "core/vectors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

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
