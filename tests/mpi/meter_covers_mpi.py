#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Every function of mpi.h is either metered, or known to hand no data to another rank.

meter_covers_mpi.py SOURCE_FOLDER C_COMPILER [INCLUDE_FOLDER...]
"""
import pathlib
import re
import subprocess
import sys

# Calls whose names say that they move nothing: queries, local objects, waiting, receiving.
FAMILIES = r"MPI_(T_|Type_|Group_|Info_|Attr_|Keyval_|Op_|Errhandler_|Error_|Address|Get_|Status_|Grequest_|Add_error_|Pack|Unpack|Topo_|" \
           r"Win_(?!allocate_shared)|Comm_(get|set|test|free|delete|rank|size|group|compare|remote|call|create_(errhandler|keyval)|c2f|f2c|dup|idup)|" \
           r"Cart|Graph|Dims_|File_(?!open))"
NOTHING = set("""
MPI_Abort MPI_Aint_add MPI_Aint_diff MPI_Alloc_mem MPI_Free_mem MPI_Barrier MPI_Ibarrier MPI_Buffer_attach MPI_Buffer_detach MPI_Cancel
MPI_Init MPI_Init_thread MPI_Initialized MPI_Finalize MPI_Finalized MPI_Is_thread_main MPI_Query_thread MPI_Pcontrol MPI_Wtick MPI_Wtime
MPI_Recv MPI_Irecv MPI_Recv_init MPI_Mrecv MPI_Imrecv MPI_Probe MPI_Iprobe MPI_Mprobe MPI_Improbe
MPI_Test MPI_Testall MPI_Testany MPI_Testsome MPI_Test_cancelled MPI_Wait MPI_Waitall MPI_Waitany MPI_Waitsome
MPI_Request_c2f MPI_Request_f2c MPI_Request_get_status MPI_Message_c2f MPI_Message_f2c MPI_Register_datarep MPI_Reduce_local
MPI_Dist_graph_neighbors MPI_Dist_graph_neighbors_count MPI_DUP_FN
MPI_Close_port MPI_Open_port MPI_Lookup_name MPI_Unpublish_name
MPI_Comm_create MPI_Comm_create_group MPI_Comm_accept MPI_Comm_connect MPI_Comm_join MPI_Comm_disconnect MPI_Intercomm_create MPI_Intercomm_merge
""".split())


def main():
    source, compiler, *folders = sys.argv[1:]
    source = pathlib.Path(source)
    header = subprocess.run([compiler, "-E", *(f"-I{folder}" for folder in folders), "-x", "c", "-"], input="#include <mpi.h>\n",
                            text=True, capture_output=True, check=True).stdout
    declared = set(re.findall(r"\b(MPI_[A-Z][A-Za-z0-9_]*)\s*\(", header))
    declared = {name for name in declared if not name.isupper()}
    text = (source / "lib/runtime/egress_pmpi.cpp").read_text()
    metered = set(re.findall(r"\bint (MPI_\w+)\(", text)) | {"MPI_" + n for names in re.findall(
        r"BAILIWICK_(?:METERED|SEND)\((\w+), (\w+)(?:, (\w+)\))?", text) for n in names if n}
    metered -= {"MPI_NAME", "MPI_TWIN", "MPI_PERSISTENT"}  # of the macros themselves
    if len(declared) < 300 or len(metered) < 60:
        sys.exit(f"{len(declared)} calls in mpi.h, {len(metered)} metered: too few; the patterns of this test are out of date")
    unknown = sorted(n for n in declared - metered - NOTHING if not re.match(FAMILIES, n))
    gone = sorted(metered - declared)
    for name in unknown:
        print(f"{name}: neither metered in lib/runtime/egress_pmpi.cpp nor listed here as a call that moves nothing")
    for name in gone:
        print(f"{name}: metered, but not in mpi.h")
    sys.exit(1 if unknown or gone else 0)


main()
