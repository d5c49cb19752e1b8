/** The shells that weft has completions for, and the files of `completion/` that they read. */
export const shells = ["bash", "zsh", "fish"] as const;

export const shellFiles: Readonly<Record<(typeof shells)[number], string>> = {
  bash: "weft.bash",
  zsh: "_weft",
  fish: "weft.fish",
};
