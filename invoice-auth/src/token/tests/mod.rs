mod attacks;
mod desk;
mod forge;
mod published;
mod random;
mod world;
