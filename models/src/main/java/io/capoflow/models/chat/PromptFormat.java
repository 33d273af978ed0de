package io.capoflow.models.chat;

/** How chat messages become a prompt. */
public enum PromptFormat {
  /** The checkpoint's own chat template where it has one, else plain. */
  AUTO,
  /** The checkpoint's own chat template, which it must have. */
  TEMPLATE,
  /** What opens a text for the tokenizer, if anything, and the contents joined by a blank line. */
  PLAIN,
  /** {@code <|im_start|>role … <|im_end|>}. */
  CHATML,
  /** Llama 3's first format: {@code <|start_header_id|>role<|end_header_id|> … <|eot_id|>}. */
  LLAMA3
}
