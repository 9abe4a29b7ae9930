# LimeSurvey Field type: F
data[, 1] <- as.numeric(data[, 1])
attributes(data)$variable.labels[1] <- "id"
names(data)[1] <- "id"
# LimeSurvey Field type: A
data[, 2] <- as.character(data[, 2])
attributes(data)$variable.labels[2] <- "Work?"
data[, 2] <- factor(data[, 2], levels=c("A1","A2"),labels=c("yes", "no"))
names(data)[2] <- "work"
