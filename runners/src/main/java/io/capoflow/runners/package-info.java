/** Where it runs: the command line, and the engines that execute the pipelines. */
package io.capoflow.runners;
