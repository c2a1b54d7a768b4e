#pragma once

#include <array>
#include <utility>

namespace agentd {

inline constexpr std::array kSystem = {"/usr",
                                       "/bin",
                                       "/sbin",
                                       "/lib",
                                       "/lib32",
                                       "/lib64",
                                       "/libx32",
                                       "/opt",
                                       "/nix",
                                       "/gnu",
                                       "/snap",
                                       "/proc",
                                       "/sys",
                                       "/var/lib/dpkg",
                                       "/var/lib/rpm",
                                       "/var/task",
                                       "/var/lang",
                                       "/var/runtime",
                                       "/var/lib/gems",
                                       "/var/cache/fontconfig",
                                       "/run/systemd/resolve",
                                       "/run/current-system",
                                       "/etc/resolv.conf"};
inline constexpr std::array kDevices = {"/dev/null",   "/dev/zero",    "/dev/full",
                                        "/dev/random", "/dev/urandom", "/dev/tty"};
/// Beneath the home folder: programs, and what git needs to know the user's name.
inline constexpr std::array kHomeTools = {".gitconfig",
                                          ".config/git",
                                          ".local/bin",
                                          ".local/lib",
                                          ".local/share/uv",
                                          ".local/share/pipx",
                                          ".local/share/mise",
                                          ".local/share/fnm",
                                          ".local/share/pnpm",
                                          ".local/share/virtualenvs",
                                          ".rustup",
                                          ".nvm/versions",
                                          ".sdkman/candidates",
                                          ".pyenv/versions",
                                          ".rbenv/versions"};
/// Beneath the home folder: what opens other doors.
inline constexpr std::array kSecrets = {".ssh",
                                        ".aws",
                                        ".gnupg",
                                        ".azure",
                                        ".kube",
                                        ".docker",
                                        ".netrc",
                                        ".npmrc",
                                        ".pypirc",
                                        ".pgpass",
                                        ".my.cnf",
                                        ".git-credentials",
                                        ".password-store",
                                        ".vault-token",
                                        ".bash_history",
                                        ".zsh_history",
                                        ".python_history",
                                        ".mozilla",
                                        ".thunderbird",

                                        ".cargo/credentials",
                                        ".cargo/credentials.toml",
                                        ".gem/credentials",
                                        ".m2/settings.xml",
                                        ".gradle/gradle.properties",
                                        ".terraform.d",
                                        ".config/git/credentials",
                                        ".config/gh",
                                        ".config/gcloud",
                                        ".config/op",
                                        ".config/rclone",
                                        ".config/google-chrome",
                                        ".config/chromium",
                                        ".local/share/keyrings"};
/// Where tools that would write beneath the home folder keep what they fetch and build.
inline constexpr std::array<std::pair<const char*, const char*>, 5> kCaches = {
    {{"XDG_CACHE_HOME", "cache"},
     {"npm_config_cache", "cache/npm"},
     {"CARGO_HOME", "cache/cargo"},
     {"GOMODCACHE", "cache/go"},
     {"GRADLE_USER_HOME", "cache/gradle"}}};
}  // namespace agentd
