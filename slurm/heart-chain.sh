#!/bin/bash
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
#
# heart, as a chain of jobs: each waits until the one before has ended well, and is cancelled if it has not.
# Written by
#   bailiwick slurm configs/heart/train.yaml --output slurm/heart.sbatch --chain slurm/heart-chain.sh --ingest configs/heart/ingest.yaml
# Start it with bash from the folder where that was typed.
set -eu
bailiwick=${BAILIWICK:-bailiwick}
script=slurm/heart.sbatch

# submit STAGE OPTIONS...: its job waits for the job before it.
job=
submit() {
  local stage=$1; shift
  job=$(sbatch --parsable --job-name="heart-$stage" ${job:+--dependency=afterok:$job --kill-on-invalid-dep=yes} "$@")
  job=${job%%;*}  # without the cluster's name
  echo "$stage $job"
}

# Jobs of one process.
serial=(--ntasks=1 --time=01:00:00 --output=%x-%j.log)

submit ingest "${serial[@]}" --requeue --open-mode=append \
  --wrap "exec $bailiwick "'ingest configs/heart/ingest.yaml ${SLURM_RESTART_COUNT:+--force}'
submit train "$script" train
submit evaluate "$script" evaluate
submit verify "${serial[@]}" --wrap "exec $bailiwick "'verify out/heart/run --key out/heart/keys/operator.pub.pem --quiet --partitions out/heart/partitions'
