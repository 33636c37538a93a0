"""A run in several processes, a core each, that learn as one of a larger batch.

On two cores two processes of a thread each learn from 173 pictures a second where one process of two threads learns from 124: views are
cut, drawn and lit by one thread, and small layers are not worth sharing."""

import os
import tempfile

import torch
from torch import distributed, multiprocessing


class Alone:
    """The only process of a run."""

    rank, count = 0, 1

    def average(self, gradients):
        """Makes every process's gradients those of all, in place."""

    def agree(self, yes):
        """What the first process says, in all of them."""
        return yes


class Peers(Alone):
    """One of several processes, of which the first writes what there is to write."""

    def __init__(self, rank, count, meeting):
        self.rank, self.count = rank, count
        distributed.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=count)

    def average(self, gradients):
        flat = torch.cat([g.reshape(-1) for g in gradients])
        distributed.all_reduce(flat)
        for g, mean in zip(gradients, (flat / self.count).split([g.numel() for g in gradients])):
            g.copy_(mean.reshape(g.shape))

    def agree(self, yes):
        said = torch.tensor([float(yes)])
        distributed.broadcast(said, 0)
        return bool(said.item())


def side_by_side(count, work, *args):
    """Calls work(peers, *args) in so many processes and waits for all; what one raises is raised here. Returns what the
    first one returned, something small."""
    if count == 1:
        return work(Alone(), *args)
    said = multiprocessing.get_context("spawn").SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(entered, (count, f"{folder}/meeting", said, work, args), count)
    return said.get()


def entered(rank, count, meeting, said, work, args):
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // count))
    came = work(Peers(rank, count, meeting), *args)
    if rank == 0:
        said.put(came)
    distributed.destroy_process_group()
