#include "core/model/price_table.h"

namespace agentd {
namespace {

// Where a cache has no price of its own, its tokens cost what input does. The first row that matches holds.
constexpr PriceRow kRows[] = {
    // Anthropic's own price page, 2026-10. Cache writes that last five minutes.
    {"anthropic/claude-fable-5-2", 8, 0.2, 10, 40},
    {"anthropic/claude-fable-5-1", 10, 0.25, 12.5, 50},
    {"anthropic/claude-fable-5", 10, 1, 12.5, 50},
    {"anthropic/claude-opus-5-5", 4, 0.2, 5, 20},
    {"anthropic/claude-opus-5", 5, 0.5, 6.25, 25},
    {"anthropic/claude-opus-4-8", 5, 0.5, 6.25, 25},
    {"anthropic/claude-opus-4-7", 5, 0.5, 6.25, 25},
    {"anthropic/claude-opus-4-6", 5, 0.5, 6.25, 25},
    {"anthropic/claude-opus-4-5", 5, 0.5, 6.25, 25},
    {"anthropic/claude-opus-4-1", 15, 1.5, 18.75, 75},
    {"anthropic/claude-opus-4-0", 15, 1.5, 18.75, 75},
    {"anthropic/claude-opus-4", 15, 1.5, 18.75, 75},
    {"anthropic/claude-sonnet-5-5", 2, 0.1, 2.5, 10},
    {"anthropic/claude-sonnet-5", 2, 0.2, 2.5, 10},
    {"anthropic/claude-sonnet-4-6", 3, 0.3, 3.75, 15},
    {"anthropic/claude-sonnet-4-5", 3, 0.3, 3.75, 15, 200000, 2, 1.5},
    {"anthropic/claude-sonnet-4-0", 3, 0.3, 3.75, 15, 200000, 2, 1.5},
    {"anthropic/claude-sonnet-4", 3, 0.3, 3.75, 15, 200000, 2, 1.5},
    {"anthropic/claude-3-7-sonnet", 3, 0.3, 3.75, 15},
    {"anthropic/claude-3-5-sonnet", 3, 0.3, 3.75, 15},
    {"anthropic/claude-haiku-5-5", 0.1, 0.01, 0.125, 0.5, 100000, 5, 5},
    {"anthropic/claude-haiku-4-5", 1, 0.1, 1.25, 5},
    {"anthropic/claude-3-5-haiku", 0.8, 0.08, 1, 4},
    {"anthropic/claude-3-haiku", 0.25, 0.03, 0.3, 1.25},
    {"anthropic/claude-3-opus", 15, 1.5, 18.75, 75},
    // Claude costs what it does at Anthropic, see below. AWS's price list by way of two public tables,
    // 2026-08.
    {"bedrock/*amazon.nova-micro-v1:0", 0.035, 0.00875, 0.035, 0.14},
    {"bedrock/*amazon.nova-lite-v1:0", 0.06, 0.015, 0.06, 0.24},
    {"bedrock/*amazon.nova-pro-v1:0", 0.8, 0.2, 0.8, 3.2},
    {"bedrock/*amazon.nova-premier-v1:0", 2.5, 0.625, 2.5, 12.5},
    {"bedrock/global.amazon.nova-2-lite-v1:0", 0.3, 0.075, 0.3, 2.5},
    {"bedrock/*amazon.nova-2-lite-v1:0", 0.33, 0.0825, 0.33, 2.75},
    // ai.google.dev and two public tables that agree with it, 2026-08 to 2026-11. Where a lower price is
    // announced
    // to end by January 2027 the later one stands: a limit must hold then too.
    {"gemini/gemini-4-carbon", 4, 0.2, 4, 20},
    {"gemini/gemini-4-argon", 4, 0.2, 4, 20},
    {"gemini/gemini-4-hydrogen", 1.5, 0.075, 1.5, 7.5},
    {"gemini/gemini-3.8-flash", 1.5, 0.15, 1.5, 7.5},
    {"gemini/gemini-3.7-flash", 1.5, 0.15, 1.5, 7.5},
    {"gemini/gemini-3.6-flash", 1.5, 0.15, 1.5, 7.5},
    {"gemini/gemini-3.5-flash", 1.5, 0.15, 1.5, 9},
    {"gemini/gemini-3.5-flash-lite", 0.3, 0.03, 0.3, 2.5},
    {"gemini/gemini-3.1-pro-preview", 2, 0.2, 2, 12, 200000, 2, 1.5},
    {"gemini/gemini-3-pro-preview", 2, 0.2, 2, 12, 200000, 2, 1.5},
    {"gemini/gemini-3.1-flash-lite", 0.25, 0.025, 0.25, 1.5},
    {"gemini/gemini-3.1-flash-lite-preview", 0.25, 0.025, 0.25, 1.5},
    {"gemini/gemini-3-flash-preview", 0.5, 0.05, 0.5, 3},
    {"gemini/gemini-2.5-pro", 1.25, 0.125, 1.25, 10, 200000, 2, 1.5},
    {"gemini/gemini-2.5-flash", 0.3, 0.03, 0.3, 2.5},
    {"gemini/gemini-2.5-flash-lite", 0.1, 0.01, 0.1, 0.4},
    {"gemini/gemini-2.0-flash", 0.1, 0.025, 0.1, 0.4},
    {"gemini/gemini-2.0-flash-lite", 0.075, 0.075, 0.075, 0.3},
    // OpenAI's model pages and two public tables that agree with them, 2026-08 to 2026-11; list prices.
    {"openai/gpt-6.2-sol", 2, 0.1, 2.5, 10, 272000, 2, 1.5},
    {"openai/gpt-6.1-terra", 1, 0.05, 1.25, 5, 272000, 2, 1.5},
    {"openai/gpt-6.1-sol", 2, 0.1, 2.5, 10, 272000, 2, 1.5},
    {"openai/gpt-6-astra", 10, 1, 12.5, 50, 272000, 2, 1.5},
    {"openai/gpt-6-sol", 2, 0.2, 2.5, 10, 272000, 2, 1.5},
    {"openai/gpt-6-luna", 0.1, 0.01, 0.125, 0.5, 272000, 2, 1.5},
    {"openai/gpt-5.6", 5, 0.5, 6.25, 30, 272000, 2, 1.5},
    {"openai/gpt-5.6-sol", 5, 0.5, 6.25, 30, 272000, 2, 1.5},
    {"openai/gpt-5.6-terra", 2, 0.2, 2.5, 12, 272000, 2, 1.5},
    {"openai/gpt-5.6-luna", 0.2, 0.02, 0.25, 1.2, 272000, 2, 1.5},
    {"openai/gpt-5.5", 5, 0.5, 5, 30, 272000, 2, 1.5},
    {"openai/gpt-5.5-pro", 30, 30, 30, 180, 272000, 2, 1.5},
    {"openai/gpt-5.4", 2.5, 0.25, 2.5, 15, 272000, 2, 1.5},
    {"openai/gpt-5.4-pro", 30, 30, 30, 180, 272000, 2, 1.5},
    {"openai/gpt-5.4-mini", 0.75, 0.075, 0.75, 4.5},
    {"openai/gpt-5.4-nano", 0.2, 0.02, 0.2, 1.25},
    {"openai/gpt-5.2", 1.75, 0.175, 1.75, 14},
    {"openai/gpt-5.2-pro", 21, 21, 21, 168},
    {"openai/gpt-5.1", 1.25, 0.125, 1.25, 10},
    {"openai/gpt-5", 1.25, 0.125, 1.25, 10},
    {"openai/gpt-5-mini", 0.25, 0.025, 0.25, 2},
    {"openai/gpt-5-nano", 0.05, 0.005, 0.05, 0.4},
    {"openai/gpt-5-pro", 15, 15, 15, 120},
    {"openai/gpt-4.1", 2, 0.5, 2, 8},
    {"openai/gpt-4.1-mini", 0.4, 0.1, 0.4, 1.6},
    {"openai/gpt-4.1-nano", 0.1, 0.025, 0.1, 0.4},
    {"openai/gpt-4o", 2.5, 1.25, 2.5, 10},
    {"openai/gpt-4o-mini", 0.15, 0.075, 0.15, 0.6},
    {"openai/o3", 2, 0.5, 2, 8},
    {"openai/o3-pro", 20, 20, 20, 80},
    {"openai/o3-mini", 1.1, 0.55, 1.1, 4.4},
    {"openai/o4-mini", 1.1, 0.275, 1.1, 4.4},
    {"openai/o1", 15, 7.5, 15, 60},
    // Of vectors: the providers' price pages and two public tables that agree with them, 2026-05 to 2026-11.
    {"openai/text-embedding-3-small", 0.02, 0.02, 0.02, 0},
    {"openai/text-embedding-3-large", 0.13, 0.13, 0.13, 0},
    {"openai/text-embedding-ada-002", 0.1, 0.1, 0.1, 0},
    {"gemini/gemini-embedding-001", 0.15, 0.15, 0.15, 0},
    {"gemini/gemini-embedding-2*", 0.2, 0.2, 0.2, 0},
    {"bedrock/*amazon.titan-embed-text-v2*", 0.02, 0.02, 0.02, 0},
    {"bedrock/*amazon.titan-embed-text-v1*", 0.1, 0.1, 0.1, 0},
    {"bedrock/*cohere.embed-english-v3*", 0.1, 0.1, 0.1, 0},
    {"bedrock/*cohere.embed-multilingual-v3*", 0.1, 0.1, 0.1, 0},
    {"bedrock/*cohere.embed-v4*", 0.12, 0.12, 0.12, 0},
    {"scripted/*", 0, 0, 0, 0},
};

}  // namespace

std::span<const PriceRow> price_table() {
  return kRows;
}

}  // namespace agentd
