mod attacks;
mod forge;
mod published;
mod world;
