/** Like `src/kernel_texts.ts`, for tests: what the kernel says where the page says more. */

export const NO_OPTION =
  "to begin the prompt with it, put -- before it, or write the prompt on the next line";
