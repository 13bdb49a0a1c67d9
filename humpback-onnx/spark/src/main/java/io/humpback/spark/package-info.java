/**
 * Judge, writer and curator for data of any size, as Transformers of Apache Spark 4: pages to segments
 * ({@link io.humpback.spark.PageSegmenter}), without near-duplicates ({@link io.humpback.spark.NearDuplicateFilter}), with
 * instructions ({@link io.humpback.spark.InstructionWriter}), with scores ({@link io.humpback.spark.PairScorer}), the best of them
 * ({@link io.humpback.spark.PairCurator}). They take and give plain columns, are saved and loaded like other stages, and are found by
 * Spark Connect. {@link io.humpback.spark.HumpbackCatalog} brings the score as a function of SQL.
 *
 * <p>A model is opened once in a JVM, however many tasks use it, and closed a minute after the last of them. Its tasks take turns,
 * each with all cores of the executor: {@code spark.task.cpus} equal to {@code spark.executor.cores} is the best use of them. It lies
 * outside the heap: {@code spark.executor.memoryOverhead} has to have room for it, which is checked when it is opened.
 */
@NullMarked
package io.humpback.spark;

import org.jspecify.annotations.NullMarked;
