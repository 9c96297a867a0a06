//! Plans: followed by a simulator, and counted.

mod minima;
mod names;
mod plan_simulator;
mod plan_work;
mod simulator;
