#ifndef LAKEFERRY_SANDBOX_SEED_H
#define LAKEFERRY_SANDBOX_SEED_H
/*
 * seed: the sample data of a fresh sandbox: catalogs, volumes of drawn pictures, tables of every column type, CSV files
 * in a bucket, labelled apps. The same at every first start. Called once before the servers run, by one thread.
 */
#include "base/err.h"

struct sandbox;

/* Fills a data folder that was never filled; does nothing when DIR/seeded exists. */
int sandbox_seed(struct sandbox *s, struct err *e);

/* The sides, for sandbox_seed; seed_lake also fills the bucket. */
int seed_lake(struct sandbox *s, struct err *e);
int seed_bucket(struct sandbox *s, struct err *e);
int seed_clarifai(struct sandbox *s, struct err *e);
#endif
