/**
 * Binding a YAML file to typed, validated records. Keys, their defaults, meanings and limits are
 * annotations on the records' components, and every mistake is one line that says where.
 */
package io.capoflow.settings.binding;
