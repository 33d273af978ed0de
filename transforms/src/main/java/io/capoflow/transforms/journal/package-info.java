/**
 * The journal's files: answers of chat models that were paid for, in a folder that runs share. What
 * others write to it is read as it comes.
 */
package io.capoflow.transforms.journal;
