package io.capoflow.models.chat;

/** How chat messages become a prompt. */
public enum PromptFormat {
  /** The checkpoint's own chat template where it has one, else plain. */
  AUTO,
  /** The checkpoint's own chat template, which it must have. */
  TEMPLATE,
  /** The beginning-of-sequence token, if any, and the contents joined by a blank line. */
  PLAIN,
  /** {@code <|im_start|>role … <|im_end|>}. */
  CHATML,
  /** Llama 3's first format: {@code <|start_header_id|>role<|end_header_id|> … <|eot_id|>}. */
  LLAMA3
}
